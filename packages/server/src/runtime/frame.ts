/**
 * One server-to-client WebSocket frame holding a whole binary message. Built once and written to any number of sockets;
 * servers do not mask.
 */
export function frame(payload: Uint8Array): Buffer {
  const length = payload.length
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  // A Buffer: sockets wrap anything else in one, at every write.
  const bytes = Buffer.allocUnsafe(head + length)
  bytes[0] = 0x82
  if (head === 2) bytes[1] = length
  else if (head === 4) {
    bytes[1] = 126
    bytes[2] = length >> 8
    bytes[3] = length & 255
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  bytes.set(payload, head)
  return bytes
}
