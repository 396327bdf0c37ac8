/** What tokens are checked with. One of the three kinds of key, and what `iss` and `aud` must say. */
export interface JwtOptions {
  /** Shared with whoever makes the tokens: HS256, at least 32 bytes. */
  readonly jwtSecret?: string | null
  /** PEM or JWK. What it is says which algorithms are taken: RS and PS, ES, or EdDSA. */
  readonly jwtPublicKey?: string | null
  /** Where a key set (JWKS) is found: https, or http on loopback. */
  readonly jwksUrl?: string | null
  readonly jwtIssuer?: string | null
  readonly jwtAudience?: string | null
}
