import { isSealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { shellQuote } from '@sealwright/core/encoding'
import {
  type Attestation,
  attestationAlgorithm,
  attestationOf,
  MAX_PREDICATE_BYTES,
} from '@sealwright/notary'
import pLimit from 'p-limit'
import { BESIDE } from '../../config/signatures-in.ts'
import { pickRegistryFlags } from '../../flags/common-flags.ts'
import { signingChain } from '../../keys/chain.ts'
import { describeKey, openKeys } from '../../keys/keys.ts'
import type { KeyDocument } from '../../runtime/document.ts'
import { exitCodeOfAll } from '../../runtime/exit.ts'
import { decidingError } from '../../runtime/failure.ts'
import { ownFixOf } from '../../runtime/fixes.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { readGiven } from '../../runtime/read-all.ts'
import { failureLines, printable, type Style } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { assertAuditLog, openAuditLog } from '../../signatures/audit-log.ts'
import { type BundlePlan, bundleTargets } from '../../signatures/bundles.ts'
import { timestampText } from '../../signatures/lines.ts'
import { typeOf } from '../../signatures/predicate-type.ts'
import { assertAllowed, assertAllowedAlgorithm, noteProject } from '../../signatures/rules.ts'
import { asksAuthorities, openTimestamps } from '../../signatures/timestamps.ts'
import type { ArtifactTarget, Target } from '../../targets/target.ts'
import { withDigest } from '../../targets/target.ts'
import { readTargets } from '../../targets/target-list.ts'
import { assertUsable } from '../../targets/usable.ts'
import type { AttestedTarget } from './document.ts'
import type { AttestFlags } from './spec.ts'

/** `sealwright attest [-k KEY] --type TYPE --predicate FILE|- [flags] TARGET…` */
export async function attest(
  session: Session,
  args: readonly string[],
  flags: AttestFlags,
): Promise<Outcome> {
  const targets = (await readTargets(session, args, flags, 'attest')).map(target =>
    artifactTarget(target, flags),
  )
  const { type, predicate } = named(flags)
  assertAuditLog(session, flags)
  assertUsable(session, targets, flags, {
    readers: [
      ...(predicate === '-' ? ['--predicate -'] : []),
      ...(flags.targets === '-' ? ['--targets -'] : []),
    ],
    asksAuthorities: await asksAuthorities(session, flags),
  })
  const settings = await session.settings()
  noteProject(session, settings, flags.key === undefined ? ['key'] : [])
  assertAllowed(settings, targets)
  const attestation = await readAttestation(session, { type, predicate })
  await using keys = await openKeys(session, flags)
  const selected = await keys.select(flags.key)
  await using signer = await keys.open(selected, flags.algorithm ?? attestationAlgorithm)
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  const chain =
    flags.certChain === undefined
      ? []
      : await signingChain(session, selected.label, { signer, kept: [], file: flags.certChain })
  const timestamps = await openTimestamps(session, flags)
  await using audit = await openAuditLog(session, keys, selected, flags.auditLog)
  if (flags.batchPrivacy !== undefined && !flags.batch) {
    throw usageError('--batch-privacy has no effect without --batch', {
      why: 'without it each target has a statement of its own',
      fix: 'add --batch, or leave it out',
    })
  }
  const plan: BundlePlan = {
    action: 'attest',
    signer,
    audit,
    chain,
    attestation,
    timestamps,
    batch: flags.batch ? (flags.batchPrivacy ?? 'repository') : undefined,
    again: false,
    dryRun: false,
    // Who has to touch a token does so for one attestation after the other.
    limit: pLimit(signer.key.presence === undefined ? (flags.concurrency ?? settings.concurrency) : 1),
    oneByOne: new KeyedMutex(),
    registry: pickRegistryFlags(flags),
    now: session.io.now(),
  }
  const attested = (await bundleTargets(session, targets, plan)).map(
    ({ exitCode, outcome, bundle: attestation, ...rest }) => ({
      exitCode,
      target: { ...rest, outcome: OUTCOMES[outcome], attestation },
    }),
  )
  const key = describeKey(selected, signer)
  const { predicateType } = attestation
  const done = attested.filter(({ target }) => target.error === null).map(({ target }) => target)
  const exitCode = exitCodeOfAll(attested.map(one => one.exitCode))
  return {
    exitCode,
    document: {
      predicateType,
      key,
      targets: attested.map(({ target }) => withDigest(target)),
      ...decidingError(attested, exitCode),
    },
    lines: done.flatMap(target => attestedLines(target, { predicateType, key }, session.style)),
    faults: attested.flatMap(({ target }) =>
      target.error ? failureLines('error', target.error, session.styleErr) : [],
    ),
    resolved: done.map(target => target.resolved as string),
    // The log on stdout is the result; what is told to a person goes to stderr.
    ...(flags.auditLog === '-' ? { raw: '' } : {}),
  }
}

function named({ type, predicate }: AttestFlags): { type: string; predicate: string } {
  if (type !== undefined && predicate !== undefined) return { type, predicate }
  throw usageError(`${type === undefined ? '--type' : '--predicate'} is missing`, {
    why: 'an attestation needs a predicate and its type',
    fix: 'sealwright attest --type slsa --predicate provenance.json TARGET',
  })
}

function artifactTarget(target: Target, { signaturesIn = BESIDE }: AttestFlags): ArtifactTarget {
  const { text } = target
  if (target.kind === 'file') {
    throw usageError(`nothing can be attached to a file: ${text}`, {
      why: 'attestations are referrers of artifacts in registries, layouts and archives',
      fix: `push it as an artifact first, or sign it: sealwright sign ${shellQuote(text)}`,
    })
  }
  if (target.kind === 'archive' && target.path === '-' && signaturesIn === BESIDE) {
    throw usageError(`${text} has no place for an attestation`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'attest the file, oci-archive:FILE, or put it elsewhere: --signatures-in REPO',
    })
  }
  return target
}

/** What is attested, as `--type` and `--predicate` say. Throws `VALIDATION`. */
async function readAttestation(
  { io }: Session,
  { type, predicate }: { readonly type: string; readonly predicate: string },
): Promise<Attestation> {
  const predicateType = typeOf(type)
  const label = predicate === '-' ? 'stdin' : predicate
  const bytes = await readGiven(io, predicate, MAX_PREDICATE_BYTES, {
    why: 'this is the limit: a predicate is signed whole, and every verifier holds it in memory',
    fix: 'attach the document as it is, with oras attach, and attest a predicate that names its digest',
  })
  try {
    return attestationOf(predicateType, bytes)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`${label} cannot be attested: ${error.message}`, {
      why: error.why ?? 'a predicate is one JSON object, in UTF-8, with no member twice',
      fix: ownFixOf(error) ?? 'give the file that was meant',
      cause: error,
    })
  }
}

/** `wouldMake` is of dry runs, which `attest` has not. */
const OUTCOMES = {
  made: 'attested',
  unchanged: 'unchanged',
  wouldMake: 'unchanged',
  failed: 'failed',
} as const

const HEADLINES = {
  attested: 'attested',
  unchanged: 'nothing to do: an equal attestation exists',
  failed: 'failed',
} as const

/** One target of `attest` as text. */
function attestedLines(
  { outcome, reference, resolved, attestation, stored }: AttestedTarget,
  { predicateType, key }: { readonly predicateType: string; readonly key: KeyDocument },
  style: Style,
): string[] {
  const facts: (readonly [string, string | null])[] = [
    ['attestation', attestation && `${attestation.digest}  ${attestation.mediaType}`],
    ['type', predicateType],
    ['algorithm', attestation?.algorithm ?? key.algorithm],
    ['key', `${key.name === null ? '' : `${key.name}  `}${key.resolved}`],
    ['public key', key.fingerprint],
    ['signer', attestation?.subject ?? null],
    ['timestamp', attestation?.timestamp ? timestampText(attestation.timestamp) : null],
    ['stored', stored && (stored.path === null ? stored.as : `${stored.as} ${stored.path}`)],
  ]
  return [
    `${style('green', HEADLINES[outcome])}: ${printable(resolved ?? reference)}`,
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${name.padEnd(11)}  ${printable(value)}`],
    ),
  ]
}
