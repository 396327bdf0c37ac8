type Attributes = Readonly<Record<string, string | boolean>>

/** An element with attributes and children: `h('button', { class: 'quiet' }, 'Undo')`. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, '')
    else if (value !== false) element.setAttribute(key, value)
  }
  element.append(...children)
  return element
}

/** A drawing of 24 by 24, from the data of its path. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  line.setAttribute('d', path)
  svg.append(line)
  return svg
}

/** Shows what others wrote without moving the caret of the one who is in the field. */
export function showIn(field: HTMLInputElement, value: string): void {
  if (field.value === value) return
  const { selectionStart, selectionEnd } = field
  field.value = value
  if (field === document.activeElement) field.setSelectionRange(selectionStart, selectionEnd)
}

/** Puts children in this order and moves only those that are not in their place: what is focused stays focused. */
export function arrange(parent: Element, children: readonly Element[]): void {
  let next: Element | null = null
  for (const child of children.toReversed()) {
    if (child.parentNode !== parent) parent.insertBefore(child, next)
    else if (child.nextElementSibling !== next) moveBefore(parent, child, next)
    next = child
  }
}

function moveBefore(parent: Element, child: Element, next: Element | null): void {
  if ('moveBefore' in parent) return parent.moveBefore(child, next)
  // Where a move is "take out and put in", the focus is lost on the way.
  const focused = child.contains(document.activeElement) ? document.activeElement : null
  ;(parent as Element).insertBefore(child, next)
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
}
