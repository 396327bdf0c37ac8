import type { ErrorCode } from '@tutti/core'

/** Where a document stands with its server. */
export type Phase =
  /** The device's copy is being read. */
  | { readonly kind: 'loading' }
  /** There is no connection, or none is wanted. */
  | { readonly kind: 'apart' }
  /** Asked for; or opened, and what we lack is on its way. */
  | { readonly kind: 'opening' }
  | { readonly kind: 'catching-up' }
  /** More is to be uploaded than one message carries: one after the other. */
  | { readonly kind: 'uploading' }
  /** Every edit is sent as it is made. */
  | { readonly kind: 'live' }
  /** The server lacks what our edits build on; they are offered again when it has more. */
  | { readonly kind: 'stuck' }
  /** The server's disk takes nothing now. */
  | { readonly kind: 'store-unavailable'; readonly reason: string }
  /** The server ended it, for a reason that will not go away by itself. */
  | { readonly kind: 'ended'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'destroyed' }
