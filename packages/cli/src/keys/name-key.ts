import type { Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { writeFileAtomic } from '@sealwright/core/files'
import { type KeyLock, lockKey } from '@sealwright/keyring'
import { type Certificate, encodeCertificates, parseCertificates } from '@sealwright/x509'
import { warnOfSubject } from '../certificates/certificate.ts'
import { writeDefaultKey } from '../config/user-config.ts'
import { readIfPresent } from '../runtime/read-all.ts'
import type { Session } from '../session/session.ts'
import { assertMatches, chainPath, findChain } from './chain.ts'
import { readKeyLock, updateKeyLock } from './lock-file.ts'

export interface NameRequest {
  readonly name: string
  /** Canonical, as given: an alias perhaps. */
  readonly reference: string
  readonly signer: Signer
  /** `--cert-chain` */
  readonly certChain?: string | undefined
  /** Use it when no key is named. */
  readonly isDefault: boolean
}

/**
 * Gives a key a name and locks it: chain first, then the lock, then the default, so that a name never stands for less than
 * it says.
 *
 * @returns Whether anything changed.
 * @throws {@link SealwrightError} `VALIDATION` when the name stands for another key.
 */
export async function nameKey(session: Session, request: NameRequest): Promise<boolean> {
  const { name, reference, signer, certChain, isDefault } = request
  const settings = await session.settings()
  const { paths } = settings
  const named = (lock: KeyLock): KeyLock =>
    lockKey(lock, name, {
      reference,
      key: signer.key,
      algorithm: lock.keys[name]?.algorithm ?? signer.algorithm.id,
      at: session.io.now(),
    })
  // Throws for a name that is taken, before anything is written.
  named(await readKeyLock(paths.keyLock))
  const chained = await keepChain(session, paths.keys, request)
  const locked = await updateKeyLock(session.io, paths.keyLock, named)
  const defaulted = isDefault && settings.defaultKey !== name
  if (defaulted) await writeDefaultKey(session.io, paths.config, name)
  if (certChain === undefined) await warnOfOldChain(session, chainPath(paths.keys, name), request)
  return chained || locked || defaulted
}

async function keepChain(
  session: Session,
  keys: string,
  { name, signer, certChain }: NameRequest,
): Promise<boolean> {
  if (certChain === undefined) return false
  return writeChain(session, chainPath(keys, name), { signer, file: certChain, label: name })
}

/**
 * Keeps the chain of a file for a key; the leaf may be in the store alone.
 *
 * @returns Whether the kept file changed.
 * @throws {@link SealwrightError} `KEY_MISMATCH` for a chain of another key.
 */
export async function writeChain(
  session: Session,
  path: string,
  { signer, file, label }: { readonly signer: Signer; readonly file: string; readonly label: string },
): Promise<boolean> {
  const chain = (await findChain(session, { signer, file, kept: [] })) ?? []
  assertMatches(chain, signer.key.publicKey, label)
  warnOfSubject(session, chain[0] as Certificate, file)
  const text = encodeCertificates(chain)
  const present = await readIfPresent(path)
  if (present !== undefined && Buffer.from(present).toString('latin1') === text) return false
  await writeFileAtomic(path, text)
  return true
}

/** A chain that was kept for an earlier key of this name would only be found when signing. */
async function warnOfOldChain(
  session: Session,
  path: string,
  { signer, name, reference }: NameRequest,
): Promise<void> {
  const bytes = await readIfPresent(path)
  if (bytes === undefined) return
  const [leaf] = parseCertificates(bytes, path)
  if (leaf === undefined || Buffer.compare(leaf.publicKey, signer.key.publicKey) === 0) return
  session.warn(
    `${path} is for another key; give the chain of this one: sealwright key add ${shellQuote(name)} ${shellQuote(reference)} --cert-chain FILE`,
  )
}
