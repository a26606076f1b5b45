import { join } from 'node:path'
import { fingerprint, isSealwrightError, SealwrightError, type Signer } from '@sealwright/core'
import {
  type Certificate,
  checkChain,
  orderChain,
  parseCertificate,
  parseCertificates,
} from '@sealwright/x509'
import { readCertificates, warnOfEnd, warnOfSubject } from '../certificates/certificate.ts'
import { readIfPresent } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { fixOf, issueCommand, requestCommand } from './advice.ts'

/** The file of the chain of a named key, where its store does not hold all of it. */
export function chainPath(keys: string, name: string): string {
  return join(keys, `${name}.crt`)
}

/** The file of the chain that a rotation brings, until the name has moved and it replaces {@link chainPath}. */
export function nextChainPath(keys: string, name: string): string {
  return join(keys, `${name}.next.crt`)
}

/** The files that may hold the chain of a named key: the one that is for the key itself counts. */
export function keptChains(keys: string, name: string): readonly string[] {
  return [chainPath(keys, name), nextChainPath(keys, name)]
}

export interface ChainSources {
  /** Asks the store; absent where the store is known to hold none. */
  readonly signer?: Signer | undefined
  /** The key itself where there is no signer; without either any chain is taken for the key's. */
  readonly publicKey?: Uint8Array | undefined
  /** `--cert-chain`. */
  readonly file?: string | undefined
  /** Files that may hold the chain. */
  readonly kept: readonly string[]
}

/**
 * Returns the chain of a key, leaf first; `undefined` when there is none. `--cert-chain` comes first; what it lacks of the
 * leaf comes from the store. Else the store's and the kept chain complete one another, and the kept one counts where the
 * store's cannot be read.
 *
 * @throws {@link SealwrightError} `VALIDATION` for certificates that are not one chain; of the store.
 */
export async function findChain(
  session: Session,
  sources: ChainSources,
): Promise<readonly Certificate[] | undefined> {
  const { signer, file } = sources
  const isForKey = forKey(sources)
  if (file !== undefined) {
    const given = await readCertificates(file, session.io.cwd)
    if (signer === undefined || given.some(isForKey)) return orderChain(given)
    const stored = await storedCertificates(session, signer)
    return orderChain(stored.some(isForKey) ? [...stored, ...given] : given)
  }
  const kept = (await readKept(sources.kept)).find(({ chain }) => isForKey(chain[0] as Certificate))
  let stored: readonly Certificate[]
  try {
    stored = await storedCertificates(session, signer)
  } catch (error) {
    if (kept === undefined || !isSealwrightError(error) || error.code === 'ABORTED') throw error
    session.note(`the certificates in the store cannot be read (${error.message}); using ${kept.path}`)
    return kept.chain
  }
  if (stored.length === 0) return kept?.chain
  return kept === undefined ? orderChain(stored) : together(orderChain(stored), kept.chain, session.io.now())
}

function forKey({ signer, publicKey = signer?.key.publicKey }: ChainSources) {
  return (certificate: Certificate): boolean =>
    publicKey === undefined || Buffer.compare(certificate.publicKey, publicKey) === 0
}

async function storedCertificates(
  { deadline }: Session,
  signer: Signer | undefined,
): Promise<readonly Certificate[]> {
  const stored = await signer?.certificates?.({ signal: await deadline() })
  return (stored ?? []).map(der => parseCertificate(der))
}

async function readKept(
  paths: readonly string[],
): Promise<readonly { readonly path: string; readonly chain: readonly Certificate[] }[]> {
  const chains = []
  for (const path of paths) {
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) chains.push({ path, chain: orderChain(parseCertificates(bytes, path)) })
  }
  return chains
}

/** One chain of the store's and the kept one, both for the same key. */
function together(
  stored: readonly Certificate[],
  kept: readonly Certificate[],
  at: Date,
): readonly Certificate[] {
  if (stored[0]?.fingerprint === kept[0]?.fingerprint) {
    const whole = [kept, stored].find(chain => chain.at(-1)?.selfSigned)
    return whole ?? orderChain([...stored, ...kept])
  }
  // Whoever kept a chain wanted it used, unless it is outdated and the store has a good one.
  const isGood = (chain: readonly Certificate[]): boolean =>
    checkChain(chain, { purpose: 'codeSigning', at }).length === 0
  return !isGood(kept) && isGood(stored) ? stored : kept
}

/**
 * The chain that a key signs with: one that Notation accepts, now, for this very key.
 *
 * @param label - What the key is called in messages.
 * @throws {@link SealwrightError} `VALIDATION` naming every rule that is broken; `KEY_MISMATCH`.
 */
export async function signingChain(
  session: Session,
  label: string,
  sources: ChainSources & { readonly signer: Signer },
): Promise<readonly Certificate[]> {
  const { publicKey } = sources.signer.key
  const chain = await findChain(session, sources)
  if (chain === undefined) throw await noChain(label, sources, publicKey)
  assertMatches(chain, publicKey, label)
  const now = session.io.now()
  const faults = checkChain(chain, { purpose: 'codeSigning', at: now })
  if (faults.length > 0) {
    const why = faults.map(({ message, certificate }) =>
      certificate === 0 ? message : `certificate ${certificate + 1}: ${message}`,
    )
    throw usageError(`Notation would reject the certificate of key ${label}`, {
      why: why.join('; '),
      fix: fixOf(faults, chain, { label, now }),
    })
  }
  warnOfSubject(session, chain[0] as Certificate, `the certificate of key ${label}`)
  warnOfEnd(session, chain, label)
  return chain
}

async function noChain(
  label: string,
  { kept }: ChainSources,
  publicKey: Uint8Array,
): Promise<SealwrightError> {
  const [other] = await readKept(kept)
  if (other !== undefined) {
    try {
      assertMatches(other.chain, publicKey, label)
    } catch (error) {
      if (isSealwrightError(error)) return error
      throw error
    }
  }
  return usageError(`key ${label} has no certificate`, {
    why: 'a Notary Project signature carries the chain of its signer, and neither the store nor the configuration holds one',
    fix: `give one with --cert-chain, or make one: ${issueCommand(label)}`,
  })
}

/** Throws `KEY_MISMATCH` unless the leaf of the chain is for the key. */
export function assertMatches(chain: readonly Certificate[], publicKey: Uint8Array, label: string): void {
  const leaf = chain[0] as Certificate
  if (Buffer.compare(leaf.publicKey, publicKey) === 0) return
  throw new SealwrightError('KEY_MISMATCH', `the certificate does not match key ${label}`, {
    why: `the key is ${fingerprint(publicKey)}, the certificate is for ${fingerprint(leaf.publicKey)}`,
    fix: `give the chain that was issued for this key, or ask for one: ${requestCommand(label)}`,
  })
}
