import { rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type LockedKey, rotateKey } from '@sealwright/keyring'
import {
  type Certificate,
  certificateSigningAlgorithm,
  formatDistinguishedName,
  parseCertificates,
} from '@sealwright/x509'
import { makeRequest } from '../../certificates/request.ts'
import { assertKeyName } from '../../config/key-name.ts'
import { locked as exclusively } from '../../config/locked.ts'
import { requestCommand } from '../../keys/advice.ts'
import { chainPath, findChain, keptChains, nextChainPath } from '../../keys/chain.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { describeKey, describeLocked, type Keys, keyLines, openKeys, publicKeyOf } from '../../keys/keys.ts'
import { updateKeyLock } from '../../keys/lock-file.ts'
import { writeChain } from '../../keys/name-key.ts'
import type { KeyDocument } from '../../runtime/document.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { readIfPresent } from '../../runtime/read-all.ts'
import type { Session } from '../../session/session.ts'
import { assertRotation, findSuccessor, isSame, type Successor } from './rotation.ts'
import type { KeyRotateFlags } from './spec.ts'

interface Rotation {
  readonly name: string
  readonly locked: LockedKey
  readonly successor: Successor
  readonly flags: KeyRotateFlags
  /** The chain that the present key signs with. */
  readonly formerChain: readonly Certificate[] | undefined
}

/**
 * `sealwright key rotate NAME [--prepare] [--to REF] [--cert-chain FILE]`
 *
 * The name moves once the new key has what the present one signs with: a certificate, if that has one. Until then the
 * present key signs on.
 */
export async function keyRotate(
  session: Session,
  [text]: readonly [string],
  flags: KeyRotateFlags,
): Promise<Outcome> {
  const name = assertKeyName(text)
  const { paths } = await session.settings()
  // One at a time: two at once would make two versions.
  return exclusively(session.io, join(dirname(paths.keyLock), 'rotate'), () => rotate(session, name, flags))
}

async function rotate(session: Session, name: string, flags: KeyRotateFlags): Promise<Outcome> {
  await using keys = await openKeys(session, flags)
  const locked = keys.lock.keys[name]
  if (locked === undefined) {
    throw new SealwrightError('NOT_FOUND', `no key is named "${name}"`, {
      why: `the keys are ${Object.keys(keys.lock.keys).join(', ') || 'none'}`,
      fix: 'sealwright key list',
    })
  }
  assertRotation(name, locked, flags)
  const formerChain = await chainOfPresent(session, keys, name, locked)
  const successor = await findSuccessor(session, keys, { name, locked, to: flags.to })
  await using _signer = successor.signer
  const rotation: Rotation = { name, locked, successor, flags, formerChain }
  const chain = await chainOfSuccessor(session, rotation)
  const isReady = chain !== undefined || formerChain === undefined
  if (isSame(successor.signer, locked) || (isReady && !flags.prepare)) {
    return await moveName(session, rotation, chain)
  }
  return await prepare(session, keys, rotation)
}

/** The certificate that signatures have had so far; one that cannot be asked for any more is none. */
async function chainOfPresent(
  session: Session,
  keys: Keys,
  name: string,
  locked: LockedKey,
): Promise<readonly Certificate[] | undefined> {
  const { paths } = await session.settings()
  const kept = keptChains(paths.keys, name)
  const known = await findChain(session, { kept, publicKey: publicKeyOf(locked) })
  if (known !== undefined) return known
  try {
    await using signer = await keys.openUnnamed(locked.resolved, name, defaultAlgorithm)
    return isSame(signer, locked) ? await findChain(session, { signer, kept: [] }) : undefined
  } catch (error) {
    session.io.signal.throwIfAborted()
    session.step(`the present key of ${name} cannot be opened: ${String((error as Error).message)}`)
    return undefined
  }
}

async function chainOfSuccessor(
  session: Session,
  { name, successor: { signer }, flags }: Rotation,
): Promise<readonly Certificate[] | undefined> {
  const { paths } = await session.settings()
  if (flags.certChain !== undefined) {
    await writeChain(session, nextChainPath(paths.keys, name), {
      signer,
      file: flags.certChain,
      label: signer.key.reference,
    })
  }
  return findChain(session, { signer, kept: keptChains(paths.keys, name) })
}

async function moveName(
  session: Session,
  { name, locked, successor: { reference, signer }, flags, formerChain }: Rotation,
  chain: readonly Certificate[] | undefined,
): Promise<Outcome> {
  const { paths } = await session.settings()
  const changed = await updateKeyLock(session.io, paths.keyLock, lock =>
    rotateKey(lock, name, { reference, key: signer.key, at: session.io.now() }),
  )
  await settleChain(paths.keys, name, signer.key.publicKey)
  const key = describeKey({ name, reference }, signer)
  const isOther = key.fingerprint !== locked.fingerprint
  const lacksCertificate = isOther && chain === undefined
  const root = chain?.at(-1)
  const isNewRoot =
    isOther &&
    root !== undefined &&
    formerChain !== undefined &&
    formerChain.at(-1)?.fingerprint !== root.fingerprint
  const file = flags.certChain ?? chainPath(paths.keys, name)
  const next = lacksCertificate
    ? [
        requestCommand(name, exampleSubject(name)),
        `sealwright key add ${shellQuote(name)} ${shellQuote(reference)} --cert-chain ${shellQuote(`${name}.crt`)}`,
      ]
    : isNewRoot
      ? [`sealwright cert add ${shellQuote(`ca:${name}`)} ${shellQuote(file)}`]
      : []
  return {
    exitCode: 0,
    document: {
      changed,
      key,
      previous: isOther ? locked.fingerprint : null,
      prepared: null,
      request: null,
      next,
    },
    lines: [
      changed
        ? `key ${name} is locked to another key now`
        : `nothing to do: key ${name} is locked to this key`,
      ...keyLines(key),
      ...(isOther ? [`  formerly    ${locked.resolved}  ${locked.fingerprint}`] : []),
      ...(lacksCertificate ? ['it has no certificate, which a Notary Project signature needs:'] : []),
      ...(isNewRoot ? ['verifiers need the root of its certificate:'] : []),
      ...next.map(line => `  ${line}`),
    ],
  }
}

/** The chain of a rotation takes the place of the former one, which is for a key that the name no longer means. */
async function settleChain(keys: string, name: string, publicKey: Uint8Array): Promise<void> {
  const next = nextChainPath(keys, name)
  const bytes = await readIfPresent(next)
  const [leaf] = bytes === undefined ? [] : parseCertificates(bytes, next)
  if (leaf !== undefined && Buffer.compare(leaf.publicKey, publicKey) === 0)
    await rename(next, chainPath(keys, name))
}

async function prepare(session: Session, keys: Keys, rotation: Rotation): Promise<Outcome> {
  const { name, locked, successor, flags, formerChain } = rotation
  const [leaf] = formerChain ?? []
  const subject = flags.subject ?? (leaf && formatDistinguishedName(leaf.subject))
  const file = flags.out ?? `${name}.csr`
  const made =
    subject === undefined
      ? undefined
      : await requestFor(session, keys, {
          name,
          successor,
          subject,
          file,
          replaceLink: flags.out === undefined,
        })
  const isSelfMade = formerChain?.length === 1 && leaf?.selfSigned === true
  const finish = `sealwright key rotate ${shellQuote(name)} --cert-chain ${shellQuote(`${name}.crt`)}`
  const { reference } = successor.signer.key
  const next =
    subject !== undefined && isSelfMade
      ? [
          `sealwright cert issue ${shellQuote(reference)} --subject ${shellQuote(subject)} --expiry 365d --out ${shellQuote(`${name}.crt`)}`,
          finish,
        ]
      : [...(subject === undefined ? [requestCommand(reference, exampleSubject(name))] : []), finish]
  const key = describeLocked(name, locked)
  const prepared: KeyDocument = describeKey({ name, reference: successor.reference }, successor.signer)
  const changed = locked.next?.pin?.fingerprint !== prepared.fingerprint || made?.written === true
  return {
    exitCode: 0,
    document: { changed, key, previous: null, prepared, request: made === undefined ? null : file, next },
    lines: [
      `${changed ? '' : 'nothing to do: '}the next key of ${name} is prepared; until it has a certificate, the present key signs`,
      ...keyLines(prepared),
      `  presently   ${locked.resolved}  ${locked.fingerprint}`,
      ...(made === undefined ? [] : [`  request     ${file}, for ${made.subject}`]),
      isSelfMade
        ? 'make its certificate, and finish:'
        : subject === undefined
          ? 'have your CA answer a request for it, and finish:'
          : 'when your CA has issued its certificate, finish:',
      ...next.map(line => `  ${line}`),
    ],
  }
}

async function requestFor(
  session: Session,
  keys: Keys,
  request: {
    readonly name: string
    readonly successor: Successor
    readonly subject: string
    readonly file: string
    readonly replaceLink: boolean
  },
) {
  const { name, successor, subject, file, replaceLink } = request
  const { reference } = successor.signer.key
  await using signer: Signer = await keys.openUnnamed(reference, name, certificateSigningAlgorithm)
  return await makeRequest(session, signer, { subject, file, replaceLink, label: name })
}

/** An example, where no certificate says for whom the key signs. */
function exampleSubject(name: string): string {
  return `C=DE,ST=Hessen,O=Acme,CN=${name}`
}
