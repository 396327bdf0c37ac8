/**
 * Why content was not changed or made. `bad-patch`: it is no patch. `no-such-place`: it names what is not there.
 * `test-failed`: what it expected is not so. `bad-content`: what would come of it cannot be held.
 */
export type ContentRefusalCode = 'bad-patch' | 'no-such-place' | 'test-failed' | 'bad-content'

export interface ContentRefusal {
  readonly code: ContentRefusalCode
  readonly message: string
}

/** Travels out of the depths of a patch; never out of `content`. */
export class ContentError extends Error implements ContentRefusal {
  readonly code: ContentRefusalCode

  constructor(code: ContentRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
