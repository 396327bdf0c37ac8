// A page made by jsdom brings byte arrays of another realm. Sockets, and a relay in this process, have Node's: so has the
// page, from here on. Import this first.
const bytes: unknown = Object.getPrototypeOf(Buffer)
const buffer: unknown = Buffer.alloc(0).buffer.constructor
Object.assign(globalThis, { Uint8Array: bytes, ArrayBuffer: buffer })

export {}
