export interface SortableOptions {
  /** The row was let go where `index` others come before it. */
  onDrop(row: HTMLElement, index: number): void
  /** One step up (-1) or down (1), by keyboard. */
  onStep(row: HTMLElement, by: -1 | 1): void
}

export interface Sortable {
  /** While a row is in somebody's hand the list must not be rearranged. */
  readonly isDragging: boolean
}

const edge = 72

/**
 * Rows are dragged by their `.handle`: with a mouse, a finger or a pen; with the arrow keys when the handle has the
 * focus. The other rows make room while it moves.
 */
export function sortable(list: HTMLElement, options: SortableOptions): Sortable {
  let isDragging = false

  list.addEventListener('pointerdown', event => {
    const handle = (event.target as Element).closest<HTMLElement>('.handle')
    const row = handle?.parentElement
    if (!handle || !row || !event.isPrimary || event.button !== 0 || isDragging) return
    event.preventDefault()
    handle.focus({ preventScroll: true })
    drag(row, handle, event)
  })

  list.addEventListener('keydown', event => {
    const row = (event.target as Element).closest('.handle')?.parentElement
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null
    if (!row || by === null) return
    event.preventDefault()
    options.onStep(row, by)
  })

  function drag(row: HTMLElement, handle: HTMLElement, start: PointerEvent): void {
    const rows = [...list.children].filter(child => child instanceof HTMLElement)
    const boxes = rows.map(each => ({ top: each.offsetTop, height: each.offsetHeight }))
    const from = rows.indexOf(row)
    const own = boxes[from]
    if (own === undefined) return
    const scrolledAt = scrollY
    let y = start.clientY
    let to = from
    let frame = 0
    isDragging = true
    handle.setPointerCapture(start.pointerId)
    row.classList.add('is-dragged')

    function place(): void {
      if (own === undefined) return
      const moved = y - start.clientY + scrollY - scrolledAt
      const top = own.top + moved
      const bottom = top + own.height
      to = boxes.filter((box, n) => n !== from && box.top + box.height / 2 < (n < from ? top : bottom)).length
      row.style.transform = `translateY(${moved}px)`
      for (const [n, other] of rows.entries()) {
        if (n === from) continue
        const by = n < from && n >= to ? own.height : n > from && n <= to ? -own.height : 0
        other.style.transform = by === 0 ? '' : `translateY(${by}px)`
      }
    }

    /** Near the edge of the screen the page moves along. */
    function scroll(): void {
      const by = y < edge ? y - edge : y > innerHeight - edge ? y - (innerHeight - edge) : 0
      if (by !== 0) {
        scrollBy({ top: by / 6, behavior: 'instant' })
        place()
      }
      frame = requestAnimationFrame(scroll)
    }

    function onMove(event: PointerEvent): void {
      if (event.pointerId !== start.pointerId) return
      y = event.clientY
      place()
    }

    const ended = new AbortController()
    function end(index: number): void {
      ended.abort()
      cancelAnimationFrame(frame)
      row.classList.remove('is-dragged')
      isDragging = false
      options.onDrop(row, index)
    }

    const { signal } = ended
    handle.addEventListener('pointermove', onMove, { signal })
    handle.addEventListener('pointerup', () => end(to), { signal })
    handle.addEventListener('pointercancel', () => end(from), { signal })
    handle.addEventListener('keydown', event => event.key === 'Escape' && end(from), { signal })
    frame = requestAnimationFrame(scroll)
  }

  return {
    get isDragging() {
      return isDragging
    },
  }
}
