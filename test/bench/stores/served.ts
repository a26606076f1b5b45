/** The keys that stores are measured with. */
export const KEY_NAMES = ['RSA-3072', 'RSA-2048', 'P-256'] as const
export type KeyName = (typeof KEY_NAMES)[number]

export const STORES = ['aws-kms', 'azure-key-vault', 'gcp-kms', 'hashicorp-vault'] as const
export type StoreName = (typeof STORES)[number]

export interface ServedKey {
  /** As Sealwright writes it. */
  readonly reference: string
  /** As the SDK of the store wants it. */
  readonly id: string
  /** DER SubjectPublicKeyInfo, base64. */
  readonly spki: string
}

/** What a wire fake in a process of its own says of itself. */
export interface Served {
  readonly url: string
  /** Whatever the fake takes for a credential. */
  readonly secrets: Readonly<Record<string, string>>
  /** PEM, where it speaks TLS. */
  readonly ca?: string
  readonly keys: Readonly<Record<KeyName, ServedKey>>
}
