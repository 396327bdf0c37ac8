import { Provider } from '@tutti/client'
import { offer } from './measure.ts'

offer((name, doc, server) => {
  const online = server !== undefined
  const provider = new Provider(server ?? 'ws://127.0.0.1:9', name, doc, { connect: online, warnOnClose: false })
  return {
    loaded: provider.whenLoaded,
    async saved() {
      // With a server the copy is what a device has after a day's work: acknowledged.
      if (online) await provider.flush()
      await provider.whenStored()
    },
    close: () => provider.close(),
  }
})
