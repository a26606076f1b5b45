import type { Envelope } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import {
  attachSignature,
  findSignatures,
  notaryCose,
  notaryJws,
  openEnvelope,
  readEnvelope,
  type SoundEnvelope,
} from '@sealwright/notary'
import { type ArtifactStore, type Descriptor, digestOf } from '@sealwright/oci'
import { formatDistinguishedName } from '@sealwright/x509'
import { BESIDE } from '../../config/signatures-in.ts'
import { pickRegistryFlags, type RegistryFlags } from '../../flags/common-flags.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { formatTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { AttachDocument } from '../../signatures/document.ts'
import { envelopeType, readGivenEnvelope } from '../../signatures/envelopes.ts'
import { attachedLines } from '../../signatures/lines.ts'
import { openTarget, storedIn } from '../../targets/open-target.ts'
import { type ArtifactTarget, parseTarget, withDigest } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'

/** `sealwright attach TARGET ENVELOPE|-` */
export async function attach(
  session: Session,
  [text, path]: readonly [string, string],
  flags: RegistryFlags,
): Promise<Outcome> {
  const target = artifactOf(session, text, path, flags)
  const bytes = await readGivenEnvelope(session, path)
  const attached = await attachEnvelope(session, { target, bytes, path, registry: pickRegistryFlags(flags) })
  return {
    exitCode: 0,
    document: withDigest(attached),
    lines: attachedLines(attached, session.style),
    resolved: [attached.resolved],
  }
}

function artifactOf(session: Session, text: string, path: string, flags: RegistryFlags): ArtifactTarget {
  const target = parseTarget(text, session.io.cwd, 'attach')
  if (target.kind === 'file') {
    throw usageError(`nothing is attached to a file: ${text}`, {
      why: 'the signature of a file is a file itself',
      fix: `sealwright verify --signature ${shellQuote(path)} ${shellQuote(text)}`,
    })
  }
  assertUsable(session, [target], flags, { readers: path === '-' ? ['the envelope'] : [] })
  if (target.kind === 'archive' && target.path === '-' && (flags.signaturesIn ?? BESIDE) === BESIDE) {
    throw usageError(`${text} has no place for a signature`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'name the file, oci-archive:FILE, or another place: --signatures-in REPO',
    })
  }
  return target
}

interface AttachRequest {
  readonly target: ArtifactTarget
  readonly bytes: Uint8Array
  /** What the envelope is called in messages. */
  readonly path: string
  readonly registry: RegistryFlags
}

/**
 * Attaches an envelope that somebody made, unless it is attached already.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not sound or signs something else; of the store.
 */
async function attachEnvelope(session: Session, request: AttachRequest): Promise<AttachDocument> {
  const { target, bytes, path } = request
  const envelope: Envelope = { mediaType: envelopeType(bytes), bytes }
  const sound = assertSound(envelope, path)
  const signal = await session.deadline()
  await using open = await openTarget(session, target, request.registry, { create: true })
  session.step(`resolve ${target.text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${target.text} is ${subject.digest}`)
  const resolved = open.nameOf(subject.digest)
  assertSigns(sound, subject, { path, resolved, nameOf: open.nameOf })
  warnOfEnd(session, sound, path)
  const described = { reference: target.text, resolved }
  return await session.dialogue.waiting(`the signatures in ${open.signatures.name}`, async () => {
    const there = await findAttached(open.signatures, subject, envelope, signal)
    if (there !== undefined) {
      const signature = describe(sound, there, envelope)
      return { ...described, outcome: 'unchanged', signature, stored: null }
    }
    session.step(`attach ${path} to ${resolved}`)
    const places = { artifacts: open.store, signatures: open.signatures }
    const made = await attachSignature(places, subject, sound, { signal })
    const signature = describe(sound, made.signature, envelope)
    return {
      ...described,
      outcome: 'attached',
      signature,
      stored: storedIn(open, made.foundBy),
    }
  })
}

function assertSound(envelope: Envelope, path: string): SoundEnvelope {
  const binding = [notaryJws, notaryCose].find(({ mediaType }) => mediaType === envelope.mediaType)!
  const { sound, fault } = openEnvelope(binding, envelope.bytes)
  if (sound !== undefined) return sound
  throw usageError(`${path} is not a sound signature`, {
    why: fault.why,
    fix: 'get the envelope again from its signer; nothing was attached',
  })
}

interface Names {
  readonly path: string
  readonly resolved: string
  nameOf(digest: string): string
}

function assertSigns(sound: SoundEnvelope, subject: Descriptor, { path, resolved, nameOf }: Names): void {
  const { mediaType, digest, size } = sound.content()
  if (digest === subject.digest && size === subject.size && mediaType === subject.mediaType) return
  throw usageError(`${path} does not sign ${resolved}`, {
    why: `it signs ${digest} (${mediaType}, ${size} bytes), and this is ${subject.mediaType} of ${subject.size} bytes`,
    fix:
      digest === subject.digest
        ? 'sign the artifact as it is in this place'
        : `attach it to what it signs: sealwright attach ${shellQuote(nameOf(digest))} ${shellQuote(path)}`,
  })
}

function warnOfEnd({ io, warn }: Session, { attributes: { expiry } }: SoundEnvelope, path: string): void {
  if (expiry !== undefined && expiry <= io.now()) warn(`${path} expired at ${formatTime(expiry)}`)
}

/** The manifest that attaches this very envelope, whose bytes are there. */
async function findAttached(
  store: ArtifactStore,
  subject: Descriptor,
  { mediaType, bytes }: Envelope,
  signal: AbortSignal,
): Promise<Descriptor | undefined> {
  const digest = digestOf('sha256', bytes)
  for await (const { manifest, envelope } of findSignatures(store, subject, { signal })) {
    if (envelope?.digest !== digest || envelope.mediaType !== mediaType) continue
    const isThere = await readEnvelope(store, envelope, { signal }).then(
      () => true,
      () => false,
    )
    signal.throwIfAborted()
    // One that was lost is stored again.
    if (isThere) return manifest
  }
  return undefined
}

function describe(
  { binding, algorithm, attributes, chain, content }: SoundEnvelope,
  manifest: Descriptor,
  { bytes }: Envelope,
): AttachDocument['signature'] {
  const { signingTime, expiry } = attributes
  return {
    digest: manifest.digest,
    envelope: digestOf('sha256', bytes),
    format: binding.name as 'jws' | 'cose',
    algorithm,
    signingTime: formatTime(signingTime),
    expiry: expiry === undefined ? null : formatTime(expiry),
    metadata: { ...content().annotations },
    subject: formatDistinguishedName(chain[0]!.subject),
  }
}
