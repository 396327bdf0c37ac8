const table = new Uint32Array(256)
for (let n = 0; n < 256; n++) {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  table[n] = c >>> 0
}

/** CRC-32 (the one of zip and zlib) of `bytes[from..to)`, continuing from `seed`. Finds damage, not malice. */
export function crc32(bytes: Uint8Array, from = 0, to: number = bytes.length, seed = 0): number {
  let c = ~seed
  for (let i = from; i < to; i++) c = (table[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8)
  return ~c >>> 0
}
