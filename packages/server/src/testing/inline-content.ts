import type { Content } from '../content/content.ts'
import { contentJobs } from '../content/content-jobs.ts'

/** Works on documents here and now: for tests, where no worker is needed to keep others going. */
export const inlineContent: Content = {
  fold: async state => contentJobs.fold(state),
  read: async state => contentJobs.read(state),
  patch: async request => contentJobs.patch(request),
  seed: async request => contentJobs.seed(request),
  close: () => Promise.resolve(),
}
