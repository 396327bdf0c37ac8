/** Chance. Always an argument, so that a simulation can repeat it. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** `length` bytes nobody can guess (in the real one). */
  bytes(length: number): Uint8Array
}

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** A random word of `length` characters from a 32 letter alphabet: 5 bits each. */
export function randomWord(random: Random, length: number): string {
  let word = ''
  for (const byte of random.bytes(length)) word += alphabet[byte & 31]
  return word
}
