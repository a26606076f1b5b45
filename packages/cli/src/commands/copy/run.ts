import { type CopyReport, choosePlatform, withSignaturesIn } from '@sealwright/oci'
import { pickRegistryFlags } from '../../flags/common-flags.ts'
import { EXIT, exitCodeOfAll } from '../../runtime/exit.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { missingLines, stapledLines } from '../../signatures/evidence.ts'
import { openTarget } from '../../targets/open-target.ts'
import { type ArtifactTarget, parseTarget } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import { refusedLines } from '../../verification/lines.ts'
import { carry, judge } from './carry.ts'
import {
  type Destination,
  isStdout,
  openDestination,
  openReferrersPlace,
  parseDestination,
  placeName,
} from './destination.ts'
import type { CopyDocument } from './document.ts'
import { collectEvidence, type Evidence } from './evidence.ts'
import type { CopyFlags } from './spec.ts'
import { joined, leftLines, movedTo, reportLines } from './text.ts'

/** `sealwright copy FROM TO` */
export async function copy(
  session: Session,
  [from, to]: readonly [string, string],
  flags: CopyFlags,
): Promise<Outcome> {
  const source = sourceTarget(session, from)
  const destination = parseDestination(session, to)
  assertCombination(session, source, destination, flags)
  const registry = pickRegistryFlags(flags)
  const signal = await allowedTime(session)
  await using open = await openTarget(session, source, registry, { streamed: true })
  const artifact = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  const before: CopyDocument = {
    dryRun: flags.dryRun === true,
    from: { reference: from, resolved: open.nameOf(artifact.digest) },
    to: { reference: to, resolved: null, tags: [] },
    copied: [],
    skipped: [],
    mounted: [],
    left: [],
    verification: null,
    revocation: null,
  }
  let document = before
  if (flags.verify) {
    const asked = { ...flags, reference: from, digest: artifact.digest }
    const judged = await session.dialogue.waiting('the verdict', () => judge(session, open, asked, signal))
    document = { ...before, verification: judged.target }
    if (judged.exitCode !== EXIT.done) {
      const faults = refusedLines(judged.target, {
        style: session.styleErr,
        details: session.flags.verbose,
      })
      return { exitCode: judged.exitCode, document, lines: [], faults }
    }
  }
  const stored = withSignaturesIn(open.store, open.signatures)
  const { platform } = flags
  const root =
    platform === undefined ? artifact : await choosePlatform(stored, artifact, platform, { signal })
  const evidence = flags.revocation
    ? await collectEvidence(session, stored, root, { flags, signal })
    : undefined
  const stores = {
    from: evidence?.store ?? stored,
    to: await openDestination(session, destination, registry),
    referrersTo: await openReferrersPlace(session, destination, registry),
  }
  const report = await carry(session, stores, { artifact, root, source, destination, flags, signal })
  await open.finish()
  const copied = outcomeOf(session, document, destination, {
    ...report,
    signaturesIn: stores.referrersTo?.name,
  })
  return evidence === undefined ? copied : withEvidence(session, copied, evidence)
}

/** The outcome with what became of the evidence: what could not be had is a failure, though all was copied. */
function withEvidence(session: Session, copied: Outcome, { signatures, exitCode }: Evidence): Outcome {
  const missing = signatures.flatMap(signature => missingLines(signature, session.styleErr))
  return {
    ...copied,
    exitCode: exitCodeOfAll([copied.exitCode, exitCode]),
    document: { ...copied.document, revocation: { signatures } },
    lines: [...copied.lines, ...signatures.flatMap(stapledLines)],
    faults: [...(copied.faults ?? []), ...missing],
  }
}

function outcomeOf(
  session: Session,
  before: CopyDocument,
  { target }: Destination,
  {
    root,
    tags,
    referrers,
    signaturesIn,
    ...moved
  }: CopyReport & { readonly signaturesIn: string | undefined },
): Outcome {
  const resolved = `${placeName(target)}@${root.digest}`
  // The report has a part of its own where there truly are two places.
  const apart = referrers === undefined ? undefined : signaturesIn
  const document: CopyDocument = {
    ...before,
    ...joined(movedTo(undefined, moved), movedTo(apart, referrers)),
    to: {
      ...before.to,
      resolved,
      tags: [...tags],
      signaturesIn: apart,
    },
  }
  const [first] = document.left
  const lines = reportLines(document, isStdout(target) ? session.styleErr : session.style)
  return {
    exitCode: first === undefined ? EXIT.done : EXIT.unavailable,
    document: first === undefined ? document : { ...document, error: first.error },
    lines,
    faults: leftLines(document, session.styleErr),
    resolved: [resolved],
    // The archive is there already; what is said of it goes to stderr.
    ...(isStdout(target) ? { raw: '' } : {}),
  }
}

/** A copy takes as long as it takes, unless somebody said how long; a connection on which nothing moves ends by itself. */
async function allowedTime({ flags, io, deadline }: Session): Promise<AbortSignal> {
  return flags.timeout === undefined && !io.env.SEALWRIGHT_TIMEOUT ? io.signal : deadline()
}

const KINDS = ['signature', 'attestation', 'sbom']

function assertStdout({ flags, io }: Session, { dryRun }: CopyFlags): void {
  if (flags.output === 'json') {
    throw usageError('-o json and oci-archive:- cannot be used together', {
      why: 'the document and the archive would both be written to stdout',
      fix: 'write the archive to a file: oci-archive:FILE',
    })
  }
  if (io.stdout.isTerminal && !dryRun) {
    throw usageError('an archive is not written to a terminal', {
      why: 'stdout is one',
      fix: 'name a file (oci-archive:FILE), or pipe it into a program',
    })
  }
}

/** Reads the first argument. @throws {@link SealwrightError} `VALIDATION` for a file. */
function sourceTarget({ io }: Session, text: string): ArtifactTarget {
  const target = parseTarget(text, io.cwd, 'copy')
  if (target.kind !== 'file') return target
  throw usageError(`${text} is a file, and files are not copied`, {
    why: 'copy reads from a registry, a layout (oci:DIR) or an archive (oci-archive:FILE)',
    fix: `write oci-archive:${target.path}`,
  })
}

/** Refuses what cannot be used together. */
function assertCombination(
  session: Session,
  source: ArtifactTarget,
  destination: Destination,
  flags: CopyFlags,
): void {
  const { target } = destination
  // What is written to stdout reads nothing from stdin.
  const written = isStdout(target) ? { ...target, path: 'stdout' } : target
  assertUsable(session, [source, written], flags, {
    asksAuthorities: flags.verify === true || flags.revocation === true,
  })
  if (isStdout(target)) assertStdout(session, flags)
  const unknown = flags.only?.find(type => !KINDS.includes(type) && !type.includes('/'))
  if (unknown !== undefined) {
    throw usageError(`--only: "${unknown}" is not a type`, {
      why: `types are ${KINDS.join(', ')} and media types`,
      fix: '--only signature',
    })
  }
  if (flags.revocation && flags.only?.every(type => type === 'sbom')) {
    throw usageError('--revocation has no effect without signatures', {
      why: 'evidence belongs to signatures and attestations, and --only sbom copies none',
      fix: 'add --only signature, or leave one of the two out',
    })
  }
  if (flags.scope !== undefined && (flags.verify === undefined || source.kind === 'registry')) {
    throw usageError(`--scope has no effect on ${source.text}`, {
      why:
        flags.verify === undefined
          ? 'without --verify no policy is applied'
          : 'an artifact in a registry is verified under its own repository',
      fix: flags.verify === undefined ? 'add --verify' : 'leave it out',
    })
  }
}
