import { type SealOptions, type Signer, seal } from '@sealwright/core'
import type { KeyedMutex } from '@sealwright/core/adapter'
import {
  type Attestation,
  type AttestationBatch,
  attestBatch,
  findEqualAttestation,
  type ObtainedTimestamp,
} from '@sealwright/notary'
import { type Descriptor, digestOf } from '@sealwright/oci'
import { BUNDLE_TYPE, MAX_SUBJECTS, sigstoreBundle } from '@sealwright/sigstore'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { LimitFunction } from 'p-limit'
import type { z } from 'zod'
import type { RegistryFlags } from '../flags/common-flags.ts'
import type { Failure } from '../runtime/document.ts'
import { EXIT, type ExitCode } from '../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../runtime/failure.ts'
import type { Session } from '../session/session.ts'
import { type OpenTarget, openTarget, storedIn } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { type AuditLog, onRecord } from './audit-log.ts'
import type { timestamp } from './document.ts'
import { describeTimestamp, type Timestamps } from './timestamps.ts'

/** What is the same for every target of a run that makes Sigstore bundles. */
export interface BundlePlan {
  readonly action: 'sign' | 'attest'
  readonly signer: Signer
  readonly audit?: AuditLog | undefined
  /** What goes into the bundle, leaf first; empty: a hint at the key. */
  readonly chain: readonly Certificate[]
  readonly attestation: Attestation
  readonly timestamps?: Timestamps | undefined
  /** One statement about many targets: of one repository, or of all. Default: one about each. */
  readonly batch?: 'repository' | 'all' | undefined
  readonly again: boolean
  readonly dryRun: boolean
  readonly limit: LimitFunction
  /** Two names of one manifest are worked on one after the other: the second finds what the first one made. */
  readonly oneByOne: KeyedMutex
  readonly registry: RegistryFlags
  readonly now: Date
}

/** What became of one target. */
export interface BundledTarget {
  readonly reference: string
  readonly resolved: string | null
  readonly outcome: 'made' | 'unchanged' | 'wouldMake' | 'failed'
  readonly bundle: {
    /** Of the manifest that attaches it. */
    readonly digest: string
    readonly mediaType: string
    readonly algorithm: string
    readonly subject: string | null
    readonly timestamp: z.infer<typeof timestamp> | null
  } | null
  readonly stored: ReturnType<typeof storedIn> | null
  readonly error: Failure | null
  readonly exitCode: ExitCode
}

/** Makes a bundle for each target that has no equal one, or one for many. A failure is one of the results. */
export async function bundleTargets(
  session: Session,
  targets: readonly ArtifactTarget[],
  plan: BundlePlan,
): Promise<readonly BundledTarget[]> {
  if (plan.batch !== undefined) return bundleBatch(session, targets, plan)
  return Promise.all(
    targets.map(target =>
      plan.limit(() =>
        attempt(session, target.text, async () => {
          await using open = await openTarget(session, target, plan.registry, { create: true })
          const subject = await resolve(session, target, open)
          return plan.oneByOne.run(`${open.signatures.name}@${subject.digest}`, async () => {
            const prepared = { target, open, subject }
            const done = await settled(session, prepared, plan)
            return done ?? attach(session, prepared, await sealed(session, [prepared], plan), plan)
          })
        }),
      ),
    ),
  )
}

interface Prepared {
  readonly target: ArtifactTarget
  readonly open: OpenTarget
  readonly subject: Descriptor
}

type Done = Omit<BundledTarget, 'reference' | 'error' | 'exitCode'>

/** Runs the work on one target; what it throws becomes its result. */
async function attempt(
  session: Session,
  reference: string,
  work: () => Promise<Done>,
): Promise<BundledTarget> {
  try {
    // What waited for its turn while the run was interrupted is not begun.
    session.io.signal.throwIfAborted()
    return { reference, ...(await work()), error: null, exitCode: EXIT.done }
  } catch (thrown) {
    const error = session.fault(thrown)
    return {
      reference,
      resolved: null,
      outcome: 'failed',
      bundle: null,
      stored: null,
      error: failureOf(error),
      exitCode: exitCodeOfError(error, session.io.signal),
    }
  }
}

async function resolve(session: Session, target: ArtifactTarget, open: OpenTarget): Promise<Descriptor> {
  const signal = await session.deadline()
  session.step(`resolve ${target.text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${target.text} is ${subject.digest}`)
  return subject
}

const NOUNS = { sign: 'signature', attest: 'attestation' } as const

/** What is to be said of a target for which nothing is made: an equal bundle exists, or it is a dry run. */
async function settled(
  session: Session,
  { open, subject }: Prepared,
  plan: BundlePlan,
): Promise<Done | undefined> {
  const resolved = open.nameOf(subject.digest)
  const signal = await session.deadline()
  const noun = NOUNS[plan.action]
  if (!plan.again) {
    session.step(`look for an equal ${noun} in ${open.signatures.name}`)
    const equal = await session.dialogue.waiting(`the ${noun}s in ${open.signatures.name}`, () =>
      findEqualAttestation(open.signatures, subject, {
        attestation: plan.attestation,
        publicKey: plan.signer.key.publicKey,
        certificates: plan.chain.map(({ der }) => der),
        timestampedBy: plan.timestamps?.roots,
        signal,
      }),
    )
    if (equal !== undefined) {
      return { resolved, outcome: 'unchanged', bundle: describe(plan, equal.digest), stored: null }
    }
  }
  return plan.dryRun ? { resolved, outcome: 'wouldMake', bundle: null, stored: null } : undefined
}

interface SealedBundle {
  readonly batch: AttestationBatch
  readonly timestamp?: ObtainedTimestamp | undefined
}

/** One statement about all of them, by one signature, on record. */
async function sealed(
  session: Session,
  prepared: readonly Prepared[],
  plan: BundlePlan,
): Promise<SealedBundle> {
  const { action, attestation, chain, now, signer } = plan
  const signal = await session.deadline()
  const [first] = prepared as readonly [Prepared, ...Prepared[]]
  const name = first.open.nameOf(first.subject.digest)
  const reference = prepared.length === 1 ? name : `${name} and ${prepared.length - 1} more`
  let timestamp: ObtainedTimestamp | undefined
  const countersign: SealOptions<unknown>['countersign'] =
    plan.timestamps &&
    (async (signature, call) => {
      const { algorithm } = signature
      const message = sigstoreBundle.timestampedBytes(signature)
      timestamp = await plan.timestamps!.over(message, { algorithm, chain, call })
      return { timestamps: [timestamp.token] }
    })
  session.step(`${action} ${reference}`)
  const batch = await session.dialogue.waiting(`the ${NOUNS[action]} of ${reference}`, () =>
    attestBatch(
      prepared.map(({ open, subject }) => ({ subject, store: open.signatures })),
      attestation,
      payload => {
        // The digest of a batch is that of the statement, which names all of them.
        const digest = prepared.length === 1 ? first.subject.digest : digestOf('sha256', payload.payload)
        return onRecord(plan, { action, target: { reference, digest } }, recording =>
          seal(sigstoreBundle, payload, recording, {
            attributes: {},
            certificates: chain.map(({ der }) => der),
            countersign,
            signal,
          }),
        )
      },
      { publicKey: signer.key.publicKey, created: now },
    ),
  )
  return { batch, timestamp }
}

async function attach(
  session: Session,
  { open, subject }: Prepared,
  { batch, timestamp }: SealedBundle,
  plan: BundlePlan,
): Promise<Done> {
  const signal = await session.deadline()
  const resolved = open.nameOf(subject.digest)
  const { attestation, foundBy } = await session.dialogue.waiting(open.signatures.name, () =>
    batch.attach({ subject, store: open.signatures }, { signal }),
  )
  session.step(`read back ${attestation.digest}`)
  const bundle = describe(plan, attestation.digest, timestamp)
  return { resolved, outcome: 'made', bundle, stored: storedIn(open, foundBy) }
}

function describe(
  { chain: [leaf], signer }: BundlePlan,
  digest: string,
  timestamp?: ObtainedTimestamp | undefined,
): NonNullable<BundledTarget['bundle']> {
  return {
    digest,
    mediaType: BUNDLE_TYPE,
    algorithm: signer.algorithm.id,
    subject: leaf === undefined ? null : formatDistinguishedName(leaf.subject),
    timestamp: timestamp === undefined ? null : describeTimestamp(timestamp),
  }
}

/**
 * One signature for up to 1,024 targets. What has an equal bundle is left alone, so that a run that was interrupted goes on
 * where it ended.
 */
async function bundleBatch(
  session: Session,
  targets: readonly ArtifactTarget[],
  plan: BundlePlan,
): Promise<readonly BundledTarget[]> {
  const opened: OpenTarget[] = []
  try {
    const ready = new Map<string, { readonly prepared: Prepared; readonly names: string[] }>()
    const looked = targets.map(target =>
      plan.limit(() =>
        attempt(session, target.text, async () => {
          const open = await openTarget(session, target, plan.registry, { create: true })
          opened.push(open)
          const subject = await resolve(session, target, open)
          const key = `${open.signatures.name}@${subject.digest}`
          const known = ready.get(key)
          if (known === undefined) {
            const prepared = { target, open, subject }
            const done = await settled(session, prepared, plan)
            if (done !== undefined) return done
            const other = ready.get(key)
            if (other === undefined) ready.set(key, { prepared, names: [target.text] })
            else other.names.push(target.text)
          } else known.names.push(target.text)
          return { resolved: null, outcome: 'wouldMake', bundle: null, stored: null }
        }),
      ),
    )
    const results = new Map((await Promise.all(looked)).map(result => [result.reference, result]))
    for (const group of groupsOf([...ready.values()], plan)) {
      let sealing: Promise<SealedBundle> | undefined
      const members = group.map(({ prepared }) => prepared)
      const attached = group.map(({ prepared, names: [name, ...others] }) =>
        plan.limit(async () => {
          const result = await attempt(session, name!, async () => {
            sealing ??= sealed(session, members, plan)
            return attach(session, prepared, await sealing, plan)
          })
          for (const reference of [name!, ...others]) results.set(reference, { ...result, reference })
        }),
      )
      await Promise.all(attached)
    }
    return targets.map(({ text }) => results.get(text)!)
  } finally {
    for (const open of opened) await open[Symbol.asyncDispose]()
  }
}

/** What one statement is about: at most as many subjects as verifiers read, in the order in which they were given. */
function groupsOf<T extends { readonly prepared: Prepared }>(
  items: readonly T[],
  { batch }: BundlePlan,
): readonly (readonly T[])[] {
  const repositories = Map.groupBy(items, ({ prepared }) =>
    batch === 'all' ? '' : prepared.open.nameOf('').slice(0, -1),
  )
  return [...repositories.values()].flatMap(group =>
    Array.from({ length: Math.ceil(group.length / MAX_SUBJECTS) }, (_, index) =>
      group.slice(index * MAX_SUBJECTS, (index + 1) * MAX_SUBJECTS),
    ),
  )
}
