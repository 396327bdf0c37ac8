// Between places in a text (letters before it) and places in the element that shows it (node and offset).

export interface TextSelection {
  readonly anchor: number
  readonly head: number
}

/** Letters before a place in the element; the last `<br>` is none. */
export function indexOf(element: HTMLElement, node: Node, offset: number): number {
  const range = document.createRange()
  range.setStart(element, 0)
  range.setEnd(node, offset)
  return range.toString().length
}

export function selected(element: HTMLElement): TextSelection | null {
  const selection = document.getSelection()
  const { anchorNode, focusNode, anchorOffset = 0, focusOffset = 0 } = selection ?? {}
  if (!anchorNode || !focusNode || !element.contains(anchorNode) || !element.contains(focusNode)) return null
  return { anchor: indexOf(element, anchorNode, anchorOffset), head: indexOf(element, focusNode, focusOffset) }
}

export function select(element: HTMLElement, { anchor, head }: TextSelection): void {
  const from = rangeAt(element, anchor)
  const to = rangeAt(element, head)
  document.getSelection()?.setBaseAndExtent(from.startContainer, from.startOffset, to.startContainer, to.startOffset)
}

/** Where on the screen the letter at `index` begins. */
export function rectAt(element: HTMLElement, index: number): DOMRect {
  const rect = rangeAt(element, index).getBoundingClientRect()
  // Nothing stands in an empty line but the break that ends it.
  return rect.height > 0 ? rect : (element.querySelector(':scope > br:last-child') ?? element).getBoundingClientRect()
}

function rangeAt(element: HTMLElement, index: number): Range {
  const range = document.createRange()
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  let left = index
  let node = walker.nextNode() as Text | null
  while (node !== null) {
    // At the end of a line the caret belongs to the next one, which may begin in the next node.
    if (left < node.length || (left === node.length && !node.data.endsWith('\n'))) {
      range.setStart(node, left)
      range.collapse(true)
      return range
    }
    left -= node.length
    node = walker.nextNode() as Text | null
  }
  const end = element.querySelector(':scope > br:last-child')
  if (end === null) range.selectNodeContents(element)
  else range.setStartBefore(end)
  range.collapse(true)
  return range
}
