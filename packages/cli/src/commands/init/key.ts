import { fingerprint, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { writeFileAtomic } from '@sealwright/core/files'
import {
  type Certificate,
  certificateSigningAlgorithm,
  encodeCertificates,
  issueCertificate,
} from '@sealwright/x509'
import { validityFrom } from '../../certificates/certificate.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import type { Keys } from '../../keys/keys.ts'
import { canonicalReference } from '../../keys/reference.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { InitFlags } from './spec.ts'
import type { InitState } from './state.ts'

/** The key of `init`, as far as it is known before anything is made. */
export interface InitKey {
  /** Canonical. */
  readonly reference: string
  readonly algorithm: string
  /** Absent for a key that is to be made. */
  readonly publicKey?: Uint8Array | undefined
  readonly signer?: Signer | undefined
}

/** Finds the key: the locked one, the one of `-k`, a file left by a run that was interrupted, or none yet. */
export async function findKey(
  session: Session,
  keys: Keys,
  { name, state, flags }: { readonly name: string; readonly state: InitState; readonly flags: InitFlags },
): Promise<InitKey> {
  const locked = state.lock.keys[name]
  const reference = await referenceOf(session, keys, { name, state, flags })
  if (locked !== undefined && locked.reference !== reference) {
    throw usageError(`the name "${name}" stands for another key`, {
      why: `it is locked to ${locked.reference}`,
      fix: `choose another name, or move this one: sealwright key rotate ${shellQuote(name)} --to ${shellQuote(reference)}`,
    })
  }
  if (locked?.publicKey !== undefined && state.chain !== undefined) {
    return {
      reference,
      algorithm: locked.algorithm ?? '-',
      publicKey: Buffer.from(locked.publicKey, 'base64'),
    }
  }
  const toBeMade = flags.key === undefined && locked === undefined && !state.keyFileExists
  if (toBeMade) return { reference, algorithm: 'ES256' }
  const signer = await (locked
    ? keys.open(await keys.select(name), defaultAlgorithm)
    : keys.openUnnamed(reference, name, defaultAlgorithm))
  return { reference, algorithm: signer.algorithm.id, publicKey: signer.key.publicKey, signer }
}

async function referenceOf(
  session: Session,
  keys: Keys,
  { name, state, flags }: { readonly name: string; readonly state: InitState; readonly flags: InitFlags },
): Promise<string> {
  if (flags.key === undefined) return state.lock.keys[name]?.reference ?? `file:${state.keyFile}`
  const named = state.lock.keys[flags.key]
  return named === undefined ? canonicalReference(session, keys, flags.key) : named.reference
}

/** Throws unless a kept chain is over the key. */
export function assertChainFits(name: string, state: InitState, publicKey: Uint8Array): void {
  const leaf = state.chain?.[0]
  if (leaf === undefined || Buffer.compare(leaf.publicKey, publicKey) === 0) return
  throw usageError(`${state.chainFile} does not match key ${name}`, {
    why: `the key is ${fingerprint(publicKey)}, the public key in the certificate is ${fingerprint(leaf.publicKey)}`,
    fix: 'move the file away, or choose another name',
  })
}

/** Makes a self-signed certificate that meets the Notary Project's rules, and keeps it in a file. */
export async function makeCertificate(
  session: Session,
  keys: Keys,
  reference: string,
  options: { readonly subject: string; readonly expiryMs: number; readonly file: string },
): Promise<readonly Certificate[]> {
  await using signer = await keys.openUnnamed(reference, reference, certificateSigningAlgorithm)
  const certificate = await issueCertificate({
    signer,
    subject: options.subject,
    ...validityFrom(session.io.now(), options.expiryMs),
    requireIdentity: true,
    signal: await session.deadline(),
  })
  session.step(`write ${options.file}`)
  await writeFileAtomic(options.file, encodeCertificates([certificate]))
  return [certificate]
}
