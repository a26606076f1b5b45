import { type SealOptions, type Signer, seal } from '@sealwright/core'
import type { KeyedMutex } from '@sealwright/core/adapter'
import {
  type Attestation,
  attestArtifact,
  findEqualAttestation,
  type ObtainedTimestamp,
} from '@sealwright/notary'
import type { Descriptor } from '@sealwright/oci'
import { BUNDLE_TYPE, sigstoreBundle } from '@sealwright/sigstore'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { LimitFunction } from 'p-limit'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { EXIT, type ExitCode } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import type { Session } from '../../session/session.ts'
import { type AuditLog, onRecord } from '../../signatures/audit-log.ts'
import { describeTimestamp, type Timestamps } from '../../signatures/timestamps.ts'
import { type OpenTarget, openTarget, storedIn } from '../../targets/open-target.ts'
import type { ArtifactTarget } from '../../targets/target.ts'
import type { AttestedTarget } from './document.ts'

/** What is the same for every target of a run of `attest`. */
export interface AttestPlan {
  readonly signer: Signer
  readonly audit?: AuditLog | undefined
  /** What goes into the bundle, leaf first; empty: a hint at the key. */
  readonly chain: readonly Certificate[]
  readonly attestation: Attestation
  readonly timestamps?: Timestamps | undefined
  readonly limit: LimitFunction
  /** Two names of one manifest are attested one after the other: the second finds what the first one made. */
  readonly oneByOne: KeyedMutex
  readonly registry: RegistryFlags
  readonly now: Date
}

type Attested = Omit<AttestedTarget, 'reference' | 'error'>

/** Attests one target, unless an equal attestation is there. A failure is one of the results. */
export async function attestTarget(
  session: Session,
  target: ArtifactTarget,
  plan: AttestPlan,
): Promise<{ readonly target: AttestedTarget; readonly exitCode: ExitCode }> {
  const reference = target.text
  try {
    session.io.signal.throwIfAborted()
    const attested = await attest(session, target, plan)
    return { target: { reference, ...attested, error: null }, exitCode: EXIT.done }
  } catch (thrown) {
    const error = session.fault(thrown)
    const nothing = { resolved: null, attestation: null, stored: null }
    return {
      target: { reference, outcome: 'failed', ...nothing, error: failureOf(error) },
      exitCode: exitCodeOfError(error, session.io.signal),
    }
  }
}

async function attest(session: Session, target: ArtifactTarget, plan: AttestPlan): Promise<Attested> {
  const signal = await session.deadline()
  await using open = await openTarget(session, target, plan.registry, { create: true })
  session.step(`resolve ${target.text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${target.text} is ${subject.digest}`)
  return await plan.oneByOne.run(`${open.signatures.name}@${subject.digest}`, () =>
    attestManifest(session, { open, subject, plan, signal }),
  )
}

async function attestManifest(
  session: Session,
  request: { open: OpenTarget; subject: Descriptor; plan: AttestPlan; signal: AbortSignal },
): Promise<Attested> {
  const { open, subject, plan, signal } = request
  const { attestation, signer } = plan
  const resolved = open.nameOf(subject.digest)
  const { publicKey } = signer.key
  const certificates = plan.chain.map(({ der }) => der)
  const [leaf] = plan.chain
  let timestamp: ObtainedTimestamp | undefined
  const countersign: SealOptions<unknown>['countersign'] =
    plan.timestamps &&
    (async (signature, call) => {
      const { algorithm } = signature
      const message = sigstoreBundle.timestampedBytes(signature)
      timestamp = await plan.timestamps!.over(message, { algorithm, chain: plan.chain, call })
      return { timestamps: [timestamp.token] }
    })
  const describe = (digest: string): Attested['attestation'] => ({
    digest,
    mediaType: BUNDLE_TYPE,
    algorithm: signer.algorithm.id,
    subject: leaf === undefined ? null : formatDistinguishedName(leaf.subject),
    timestamp: timestamp === undefined ? null : describeTimestamp(timestamp),
  })
  session.step(`look for an equal attestation in ${open.signatures.name}`)
  const equal = await session.dialogue.waiting(`the attestations in ${open.signatures.name}`, () =>
    findEqualAttestation(open.signatures, subject, {
      attestation,
      publicKey,
      certificates,
      timestampedBy: plan.timestamps?.roots,
      signal,
    }),
  )
  if (equal !== undefined) {
    return { resolved, outcome: 'unchanged', attestation: describe(equal.digest), stored: null }
  }
  session.step(`attest ${resolved}`)
  const made = await session.dialogue.waiting(`the attestation of ${resolved}`, () =>
    attestArtifact(
      { artifacts: open.store, signatures: open.signatures },
      subject,
      attestation,
      payload =>
        onRecord(
          plan,
          { action: 'attest', target: { reference: resolved, digest: subject.digest } },
          recording =>
            seal(sigstoreBundle, payload, recording, { attributes: {}, certificates, countersign, signal }),
        ),
      { publicKey, created: plan.now, signal },
    ),
  )
  session.step(`read back ${made.attestation.digest}`)
  return {
    resolved,
    outcome: 'attested',
    attestation: describe(made.attestation.digest),
    stored: storedIn(open, made.foundBy),
  }
}
