/** Four turns, each of them one byte out of 256. */
export function enterMaze(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x54) return false
  if (bytes[1] !== 0x75) return false
  if (bytes[2] !== 0x74) return false
  return bytes[3] === bytes.length + 0x30
}
