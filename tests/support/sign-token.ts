import { createHmac } from 'node:crypto'

/** A JSON Web Token (HS256), made without the library that checks it. Without a secret it is not signed. */
export function signToken(claims: object, secret: string | null): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: secret === null ? 'none' : 'HS256' })}.${part(claims)}`
  const signature = secret === null ? '' : createHmac('sha256', secret).update(signed).digest('base64url')
  return `${signed}.${signature}`
}
