import type { Author } from '@tutti/core'

/** How many authors are remembered by content. One more record for one that was forgotten is no harm. */
const rememberedAuthors = 4096

export interface AuthorNumber {
  readonly number: number
  /** True once its record is on disk: until then every batch that uses it writes it. */
  stored: boolean
}

/** A client that says nothing of itself: it has a number, and no record. */
const nobody: Author = { subject: '', device: '', session: '' }
const nobodysNumber: AuthorNumber = { number: 0, stored: true }

/** Gives authors numbers, so that an entry names its author in one to three bytes. Number 0 is nobody. */
export class AuthorTable {
  readonly #byObject = new WeakMap<Author, AuthorNumber>()
  readonly #byContent = new Map<string, AuthorNumber>()
  readonly #byNumber = new Map<number, Author>()
  #next: number

  constructor(next: number) {
    this.#next = next
  }

  numberOf(author: Author): AuthorNumber {
    const known = this.#byObject.get(author)
    if (known !== undefined) return known
    if (author.subject === '' && author.device === '' && author.session === '') return nobodysNumber
    const content = JSON.stringify([author.subject, author.device, author.session])
    let number = this.#byContent.get(content)
    if (number === undefined) {
      number = { number: this.#next++, stored: false }
      if (this.#byContent.size >= rememberedAuthors)
        this.#byContent.delete(this.#byContent.keys().next().value as string)
      this.#byContent.set(content, number)
    }
    this.#byObject.set(author, number)
    return number
  }

  /** The author of a number, read by `load` when it is not remembered; `null` when `load` knows none. */
  authorOf(number: number, load: (number: number) => Author | null): Author | null {
    if (number === 0) return nobody
    const known = this.#byNumber.get(number)
    if (known !== undefined) return known
    const author = load(number)
    if (author === null) return null
    if (this.#byNumber.size >= rememberedAuthors) this.#byNumber.clear()
    this.#byNumber.set(number, author)
    return author
  }
}
