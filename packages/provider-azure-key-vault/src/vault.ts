import type { CertificateClient } from '@azure/keyvault-certificates'
import type { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import type { SecretClient } from '@azure/keyvault-secrets'
import type { Call } from '@sealwright/core'
import type { KeyReference, KeyVersion } from './reference.ts'
import { type Reply, replyTo } from './reply.ts'

/** When a key may sign, in milliseconds since 1970. */
export interface Validity {
  readonly notBefore?: number | undefined
  readonly expires?: number | undefined
}

export interface NewKey {
  readonly kty: string
  readonly keySize?: number | undefined
  readonly curve?: string | undefined
}

/** Signs a digest with one version of a key. */
type SignDigest = (algorithm: string, digest: Uint8Array, call: Call) => Promise<Reply>

/** One vault. */
export interface Vault {
  readonly host: string
  /** A host that Key Vault's own ids may name instead. */
  readonly alias?: string | undefined
  getKey(reference: KeyReference, call: Call): Promise<Reply>
  signing(reference: KeyVersion, validity: Validity): SignDigest
  /** Ids of keys, without versions. */
  list(call: Call): AsyncIterable<unknown>
  createKey(reference: KeyReference, key: NewKey, call: Call): Promise<Reply>
  rotateKey(reference: KeyReference, call: Call): Promise<Reply>
  /** Present where certificates can be read. */
  readonly certificates?: {
    getCertificate(reference: KeyVersion, call: Call): Promise<Reply>
    /** The secret of a certificate: its chain, and its private key too if that may leave the vault. */
    getSecret(reference: KeyVersion, call: Call): Promise<Reply>
  }
}

/** The SDK's clients of one vault. */
export interface Clients {
  readonly host: string
  readonly alias?: string | undefined
  /** @param signal - For requests that the SDK gives none: all pages of a list but the first. */
  keys(signal?: AbortSignal): KeyClient
  /** Asks for the version and never for the latest one, whatever becomes of the key. */
  cryptography(reference: KeyVersion, validity: Validity): CryptographyClient
  certificates?(): Promise<CertificateClient>
  secrets?(): Promise<SecretClient>
}

export function vaultOf({ host, alias, keys, cryptography, certificates, secrets }: Clients): Vault {
  return {
    host,
    alias,
    getKey: ({ name, version }, { signal }) =>
      replyTo(onResponse =>
        keys().getKey(name, { ...(version && { version }), abortSignal: signal, onResponse }),
      ),
    signing: (reference, validity) => {
      const client = cryptography(reference, validity)
      return (algorithm, digest, { signal }) =>
        replyTo(onResponse => client.sign(algorithm, digest, { abortSignal: signal, onResponse }))
    },
    list: async function* ({ signal }) {
      const listed = keys(signal).listPropertiesOfKeys({ abortSignal: signal })
      for await (const { id } of listed) {
        signal.throwIfAborted()
        yield id
      }
    },
    createKey: (reference, { kty, keySize, curve }, { signal }) =>
      replyTo(onResponse =>
        keys().createKey(reference.name, kty, {
          keyOps: ['sign', 'verify'],
          ...(keySize && { keySize }),
          ...(curve && { curve }),
          abortSignal: signal,
          onResponse,
        }),
      ),
    rotateKey: (reference, { signal }) =>
      replyTo(onResponse => keys().rotateKey(reference.name, { abortSignal: signal, onResponse })),
    ...(certificates === undefined || secrets === undefined
      ? {}
      : {
          certificates: {
            getCertificate: (reference, { signal }) =>
              replyTo(async onResponse =>
                (await certificates()).getCertificateVersion(reference.name, reference.version, {
                  abortSignal: signal,
                  onResponse,
                }),
              ),
            getSecret: ({ name, version }, { signal }) =>
              replyTo(async onResponse =>
                (await secrets()).getSecret(name, { version, abortSignal: signal, onResponse }),
              ),
          },
        }),
  }
}
