import * as Y from 'yjs'
import { h } from './dom.ts'
import { indexOf, rectAt, select, selected, type TextSelection } from './text-places.ts'
import { type Attributes, endOfChange, type Piece, placeAfter, spliceBetween } from './text-delta.ts'

export type Mark = 'bold' | 'italic' | 'underline'

export interface RichText {
  readonly element: HTMLElement
  /** Sets a mark on what is selected, or on what will be typed next. */
  toggle(mark: Mark): void
  /** Whether what is selected, or typed next, has the mark. */
  has(mark: Mark): boolean
  /** Where the caret is; `null` while the focus is elsewhere. */
  selection(): TextSelection | null
  /** The place of a letter on the screen, to draw somebody else's caret there. */
  rectAt(index: number): DOMRect
  destroy(): void
}

const tags = { bold: 'b', italic: 'i', underline: 'u' } as const

/** Shows a text with its marks; nothing that is not text or a known mark gets in. */
export function renderText(element: HTMLElement, text: Y.Text): void {
  const pieces = (text.toDelta() as Piece[]).flatMap(({ insert, attributes }) => {
    if (typeof insert !== 'string') return []
    let node: Node = document.createTextNode(insert)
    for (const mark of ['underline', 'italic', 'bold'] as const) {
      if (attributes?.[mark] === true) node = h(tags[mark], {}, node as Text)
    }
    return [node]
  })
  // The last line is only there for the caret when something stands in it.
  element.replaceChildren(...pieces, h('br'))
}

/**
 * Binds a Y.Text to an editable element, both ways. What the browser is about to do is done to the Y.Text instead, and
 * the element is drawn from it. Only while letters are being composed (accents, Japanese, most phone keyboards) the
 * browser writes first and the text follows, because a composition that is touched is lost.
 */
export function richText(text: Y.Text, label: string, onChange: () => void): RichText {
  const element = h('div', {
    class: 'rich-text',
    contenteditable: 'true',
    role: 'textbox',
    'aria-multiline': 'true',
    'aria-label': label,
    spellcheck: 'false',
  })
  const origin = Symbol('rich text')
  const history = new Y.UndoManager(text, { trackedOrigins: new Set([origin]) })
  /** What the element shows; behind the text only during a composition. */
  let shown = ''
  let isComposing = false
  /** Where a composition began, in the text, and how far what others wrote before it has moved it. */
  let start = 0
  let drift = 0
  /** Marks for what is typed next; `null` means those of the letter before. */
  let nextMarks: Attributes | null = null
  let caret: TextSelection = { anchor: 0, head: 0 }

  function edit(change: () => void): void {
    text.doc?.transact(change, origin)
  }

  function replace(from: number, to: number, insert: string): void {
    edit(() => {
      if (to > from) text.delete(from, to - from)
      if (insert !== '') text.insert(from, insert, nextMarks ?? marksBefore(text, from))
    })
    nextMarks = null
    caret = { anchor: from + insert.length, head: from + insert.length }
    draw()
  }

  function draw(): void {
    if (isComposing) return
    renderText(element, text)
    shown = text.toString()
    if (element === document.activeElement) select(element, caret)
    onChange()
  }

  const observer = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
    if (transaction.origin === origin) return
    const delta = event.delta as Piece[]
    if (isComposing) drift = placeAfter(start + drift, delta) - start
    if (transaction.origin === history) caret = { anchor: endOfChange(delta), head: endOfChange(delta) }
    else caret = { anchor: placeAfter(caret.anchor, delta), head: placeAfter(caret.head, delta) }
    draw()
  }
  text.observe(observer)

  function onBeforeInput(event: InputEvent): void {
    if (isComposing || !event.cancelable || event.inputType === 'insertCompositionText') return
    event.preventDefault()
    const [from, to] = targetOf(event, element, caret)
    switch (event.inputType) {
      case 'historyUndo':
        history.undo()
        return
      case 'historyRedo':
        history.redo()
        return
      case 'formatBold':
        return toggle('bold')
      case 'formatItalic':
        return toggle('italic')
      case 'formatUnderline':
        return toggle('underline')
      case 'insertParagraph':
      case 'insertLineBreak':
        return replace(from, to, '\n')
      default:
        if (event.inputType.startsWith('delete')) return replace(from, to, '')
        if (event.inputType.startsWith('insert')) return replace(from, to, typed(event))
    }
  }

  /** Brings into the text what the browser has written into the element. */
  function follow(): void {
    const now = element.textContent
    const head = selected(element)?.head ?? now.length
    const splice = spliceBetween(shown, now, head)
    shown = now
    if (splice === null) return
    const from = Math.min(splice.index + drift, text.length)
    const to = Math.min(from + splice.remove, text.length)
    edit(() => {
      text.delete(from, to - from)
      if (splice.insert !== '') text.insert(from, splice.insert, nextMarks ?? marksBefore(text, from))
    })
    caret = { anchor: head + drift, head: head + drift }
  }

  function toggle(mark: Mark): void {
    const [from, to] = ends(caret)
    const isOn = has(mark)
    if (from === to) nextMarks = { ...(nextMarks ?? marksBefore(text, from)), [mark]: isOn ? null : true }
    else edit(() => text.format(from, to - from, { [mark]: isOn ? null : true }))
    draw()
  }

  function has(mark: Mark): boolean {
    const [from, to] = ends(caret)
    if (from === to) return (nextMarks ?? marksBefore(text, from))[mark] === true
    return marksWithin(text, from, to).every(marks => marks[mark] === true)
  }

  function onSelectionChange(): void {
    const now = isComposing ? null : selected(element)
    if (now === null || (now.anchor === caret.anchor && now.head === caret.head)) return
    caret = now
    nextMarks = null
    onChange()
  }

  const onKeyDown = (event: KeyboardEvent): void => {
    // Not every browser announces these as input: said here, they work everywhere.
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return
    const key = event.key.toLowerCase()
    const marks: Record<string, Mark> = { b: 'bold', i: 'italic', u: 'underline' }
    const mark = marks[key]
    if (mark !== undefined) toggle(mark)
    else if (key === 'z' && !event.shiftKey) history.undo()
    else if (key === 'y' || key === 'z') history.redo()
    else return
    event.preventDefault()
  }

  element.addEventListener('beforeinput', onBeforeInput)
  element.addEventListener('keydown', onKeyDown)
  element.addEventListener('compositionstart', () => {
    isComposing = true
    start = ends(caret)[0]
    drift = 0
  })
  // Whatever was not stopped, the browser has written: a composition, or a phone keyboard that does not ask.
  element.addEventListener('input', () => {
    follow()
    draw()
  })
  element.addEventListener('compositionend', () => {
    follow()
    isComposing = false
    drift = 0
    nextMarks = null
    draw()
  })
  element.addEventListener('focus', onChange)
  element.addEventListener('blur', onChange)
  document.addEventListener('selectionchange', onSelectionChange)
  renderText(element, text)
  shown = text.toString()

  return {
    element,
    toggle,
    has,
    selection: () => (element === document.activeElement ? caret : null),
    rectAt: index => rectAt(element, index),
    destroy() {
      text.unobserve(observer)
      history.destroy()
      document.removeEventListener('selectionchange', onSelectionChange)
    },
  }
}

/** What the input is about, in places of the text. */
function targetOf(event: InputEvent, element: HTMLElement, caret: TextSelection): [number, number] {
  const range = event.getTargetRanges()[0]
  const [from, to] = ends(caret)
  if (from !== to || range === undefined) return [from, to]
  const start = indexOf(element, range.startContainer, range.startOffset)
  const end = indexOf(element, range.endContainer, range.endOffset)
  return start <= end ? [start, end] : [from, to]
}

function typed(event: InputEvent): string {
  return (event.data ?? event.dataTransfer?.getData('text/plain') ?? '').replaceAll(/\r\n?/g, '\n')
}

function ends({ anchor, head }: TextSelection): [number, number] {
  return anchor < head ? [anchor, head] : [head, anchor]
}

function marksBefore(text: Y.Text, index: number): Attributes {
  return index === 0 ? {} : (marksWithin(text, index - 1, index)[0] ?? {})
}

function marksWithin(text: Y.Text, from: number, to: number): Attributes[] {
  let at = 0
  return (text.toDelta() as Piece[]).flatMap(({ insert, attributes = {} }) => {
    const start = at
    at += typeof insert === 'string' ? insert.length : 1
    return start < to && at > from ? [attributes] : []
  })
}
