// Keeps the page itself on the device, so that it opens where there is no network. The build writes the list of its
// files and their digest into this file: a new build is a new worker with a new cache, and the old one is let go.
const cacheName = 'setlist-BUILD'
const files = ['FILES']

self.addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then(cache => cache.addAll(files.map(file => new Request(file, { cache: 'reload' }))))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', event => {
  const letGo = async () => {
    const old = (await caches.keys()).filter(name => name.startsWith('setlist-') && name !== cacheName)
    await Promise.all(old.map(name => caches.delete(name)))
    await self.clients.claim()
  }
  event.waitUntil(letGo())
})

self.addEventListener('fetch', event => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  const answer = async () => {
    const cache = await caches.open(cacheName)
    const kept = await cache.match(request, { ignoreSearch: request.mode === 'navigate' })
    return kept ?? fetch(request)
  }
  event.respondWith(answer())
})
