import { join } from 'node:path'
import { fingerprint, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import {
  attributeValues,
  type Certificate,
  checkChain,
  orderChain,
  parseCertificate,
  parseCertificates,
} from '@sealwright/x509'
import { readChain } from '../certificates/read.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'

/** Where the chain of a named key lies when its store holds none. */
export function chainPath(keys: string, name: string): string {
  return join(keys, `${name}.crt`)
}

export interface ChainSources {
  /** Asks the store; absent where the store is known to hold none. */
  readonly signer?: Signer
  /** `--cert-chain`. */
  readonly file?: string | undefined
  /** Files that may hold the chain, the first that exists counts. */
  readonly kept: readonly string[]
}

/** The chain of a key, leaf first: the flag's, else its store's, else the kept one. `undefined` when there is none. */
export async function findChain(
  { io, deadline }: Context,
  { signer, file, kept }: ChainSources,
): Promise<readonly Certificate[] | undefined> {
  if (file !== undefined) return readChain(file, io.cwd)
  const stored = await signer?.certificates?.({ signal: await deadline() })
  if (stored !== undefined && stored.length > 0) return orderChain(stored.map(der => parseCertificate(der)))
  for (const path of kept) {
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) return orderChain(parseCertificates(bytes, path))
  }
  return undefined
}

/**
 * The chain that a key signs with: one that Notation accepts, now, over this very key.
 *
 * @param label - What the key is called in messages.
 * @throws {@link SealwrightError} `VALIDATION` naming every rule that is broken; `KEY_MISMATCH`.
 */
export async function signingChain(
  context: Context,
  label: string,
  sources: ChainSources & { readonly signer: Signer },
): Promise<readonly Certificate[]> {
  const chain = await findChain(context, sources)
  if (chain === undefined) {
    throw usageError(`key ${label} has no certificate`, {
      why: 'a Notary Project signature carries the chain of its signer, and neither the store nor the configuration holds one',
      fix: `give one with --cert-chain, or make one: sealwright cert issue ${shellQuote(label)} --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.crt`,
    })
  }
  assertOver(chain, sources.signer.key.publicKey, label)
  const faults = checkChain(chain, { purpose: 'codeSigning', at: context.io.now() })
  if (faults.length > 0) {
    const why = faults.map(({ message, certificate }) =>
      certificate === 0 ? message : `certificate ${certificate + 1}: ${message}`,
    )
    throw usageError(`Notation would reject the certificate of key ${label}`, {
      why: why.join('; '),
      fix: `have your CA sign a request: sealwright cert request ${shellQuote(label)} --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.csr`,
    })
  }
  const { subject } = chain[0] as Certificate
  const missing = ['C', 'ST', 'O'].filter(type => attributeValues(subject, type).length === 0)
  if (missing.length > 0) {
    context.warn(
      `the subject of key ${label} has no ${missing.join(', no ')}, which Notation's trusted identities demand`,
    )
  }
  return chain
}

/** Throws `KEY_MISMATCH` unless the leaf of the chain is over the key. */
export function assertOver(chain: readonly Certificate[], publicKey: Uint8Array, label: string): void {
  const leaf = chain[0] as Certificate
  if (Buffer.compare(leaf.publicKey, publicKey) === 0) return
  throw new SealwrightError('KEY_MISMATCH', `the certificate is not over key ${label}`, {
    why: `the key is ${fingerprint(publicKey)}, the certificate is over ${fingerprint(leaf.publicKey)}`,
    fix: 'give the chain that was issued for this key, the certificate itself first',
  })
}
