import type { CertificateClient } from '@azure/keyvault-certificates'
import type { CryptographyClient, KeyClient } from '@azure/keyvault-keys'
import type { Call } from '@sealwright/core'
import { ask, asking, type OnResponse, type Reply } from './ask.ts'
import { type Explained, isHeldByDeleted } from './failure.ts'
import { isManagedHsm } from './hosts.ts'
import { formatReference, type KeyReference } from './reference.ts'

export type KeyVersion = Required<KeyReference>

/** When a key may sign, in milliseconds since 1970. */
export interface Validity {
  readonly notBefore?: number
  readonly expires?: number
}

export interface NewKey {
  readonly kty: string
  readonly keySize?: number
  readonly curve?: string
}

/** Signs a digest with one version of a key. */
type SignDigest = (algorithm: string, digest: Uint8Array, call: Call) => Promise<Reply>

/** One vault. */
export interface Vault {
  readonly host: string
  /** A host that Key Vault's own ids may name instead. */
  readonly alias?: string
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
  readonly alias?: string
  /** @param signal - For requests that the SDK gives none: all pages of a list but the first. */
  keys(signal?: AbortSignal): KeyClient
  /** Asks for the version and never for the latest one, whatever becomes of the key. */
  cryptography(reference: KeyVersion, validity: Validity): CryptographyClient
  certificates?(): Promise<CertificateClient>
  getSecret?(reference: KeyVersion, onResponse: OnResponse, call: Call): Promise<unknown>
}

export function vaultOf({ host, alias, keys, cryptography, certificates, getSecret }: Clients): Vault {
  const doing = (verb: string, reference: KeyReference) => `${verb} ${formatReference(reference)}`
  return {
    host,
    ...(alias === undefined ? {} : { alias }),
    getKey: (reference, { signal }) =>
      ask(doing('open', reference), onResponse =>
        keys().getKey(reference.name, { ...version(reference), abortSignal: signal, onResponse }),
      ),
    signing: (reference, validity) => {
      const client = cryptography(reference, validity)
      return (algorithm, digest, { signal }) =>
        ask(doing('sign with', reference), onResponse =>
          client.sign(algorithm, digest, { abortSignal: signal, onResponse }),
        )
    },
    list: async function* ({ signal }) {
      const listed = keys(signal).listPropertiesOfKeys({ abortSignal: signal })
      for await (const { id } of asking(`list the keys of ${host}`, listed)) {
        signal.throwIfAborted()
        yield id
      }
    },
    createKey: (reference, { kty, keySize, curve }, { signal }) =>
      ask(
        doing('create', reference),
        onResponse =>
          keys().createKey(reference.name, kty, {
            keyOps: ['sign', 'verify'],
            ...(keySize === undefined ? {} : { keySize }),
            ...(curve === undefined ? {} : { curve }),
            abortSignal: signal,
            onResponse,
          }),
        (explained, error) => amendCreation(reference, explained, error),
      ),
    rotateKey: (reference, { signal }) =>
      ask(doing('rotate', reference), onResponse =>
        keys().rotateKey(reference.name, { abortSignal: signal, onResponse }),
      ),
    ...(certificates === undefined || getSecret === undefined
      ? {}
      : {
          certificates: {
            getCertificate: (reference, { signal }) =>
              ask(doing('read the certificate of', reference), async onResponse =>
                (await certificates()).getCertificateVersion(reference.name, reference.version, {
                  abortSignal: signal,
                  onResponse,
                }),
              ),
            getSecret: (reference, call) =>
              ask(doing('read the chain of', reference), onResponse =>
                getSecret(reference, onResponse, call),
              ),
          },
        }),
  }
}

function version({ version }: KeyReference): { version?: string } {
  return version === undefined ? {} : { version }
}

/** A deleted key keeps its name until it is purged. */
function amendCreation({ host, name }: KeyReference, explained: Explained, error: unknown): Explained {
  if (!isHeldByDeleted(error)) return explained
  const [vault = ''] = host.split('.')
  const at = isManagedHsm(host) ? `--hsm-name ${vault}` : `--vault-name ${vault}`
  return {
    code: 'VALIDATION',
    why: 'a deleted key holds the name until it is purged',
    fix: `choose another name, or recover the key (az keyvault key recover ${at} --name ${name}), or purge it (az keyvault key purge ${at} --name ${name})`,
  }
}
