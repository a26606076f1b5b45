import { shellQuote } from '@sealwright/core/encoding'
import { isTimestamped, type StapleOptions, stapleSignatures } from '@sealwright/notary'
import { BESIDE } from '../../config/signatures-in.ts'
import { pickRegistryFlags } from '../../flags/common-flags.ts'
import { exitCodeOfAll } from '../../runtime/exit.ts'
import { decidingError } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable, type Style } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { StapledSignature } from '../../signatures/document.ts'
import {
  describeStapled,
  exitCodeOfStapled,
  missingLines,
  stapledLines,
  stapleOptions,
} from '../../signatures/evidence.ts'
import { openTimestamps } from '../../signatures/timestamps.ts'
import { openTarget } from '../../targets/open-target.ts'
import { type ArtifactTarget, parseTarget, withDigest } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import type { StapleFlags } from './spec.ts'

/** `sealwright staple TARGET` */
export async function staple(
  session: Session,
  [text]: readonly [string],
  flags: StapleFlags,
): Promise<Outcome> {
  const target = artifactOf(session, text, flags)
  const signal = await session.deadline()
  await using open = await openTarget(session, target, pickRegistryFlags(flags))
  session.step(`resolve ${text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${text} is ${subject.digest}`)
  const resolved = open.nameOf(subject.digest)
  const options = { ...(await stapleOptions(session, flags)), timestamp: await timestampOf(session, flags) }
  const { maxSignatures } = flags
  const reports = await session.dialogue.waiting(
    `evidence for the signatures in ${open.signatures.name}`,
    () =>
      stapleSignatures(open.signatures, subject, {
        ...options,
        signal,
        maxSignatures,
      }),
  )
  const judged = reports.map(report => ({
    target: describeStapled(report),
    exitCode: exitCodeOfStapled(report, session.io.signal),
  }))
  const exitCode = exitCodeOfAll(judged.map(one => one.exitCode))
  const signatures = judged.map(one => one.target)
  return {
    exitCode,
    document: withDigest({
      reference: text,
      resolved,
      signatures,
      ...decidingError(judged, exitCode),
    }),
    lines: [
      `${headline(signatures, session.style)}: ${printable(resolved)}`,
      ...signatures.flatMap(stapledLines),
    ],
    faults: signatures.flatMap(signature => missingLines(signature, session.styleErr)),
    resolved: [resolved],
  }
}

/**
 * Timestamps are made only where the command line names an authority: those of the configuration are for new signatures. A
 * signature that has a timestamp by a trusted authority gets no second one, so that a timer adds none each time.
 */
async function timestampOf(session: Session, flags: StapleFlags): Promise<StapleOptions['timestamp']> {
  const timestamps = await openTimestamps(session, { ...flags, timestamp: flags.timestamp ?? ['none'] })
  if (timestamps === undefined) return undefined
  const { roots } = timestamps
  return async ({ bytes, algorithm, chain, timestamps: claims }) => {
    if (isTimestamped(claims, roots)) return undefined
    const call = { signal: await session.deadline(), timeoutMs: Number.POSITIVE_INFINITY }
    return timestamps.over(bytes, { algorithm, chain, call })
  }
}

function headline(signatures: readonly StapledSignature[], style: Style): string {
  const has = (outcome: StapledSignature['outcome']) => signatures.some(each => each.outcome === outcome)
  if (signatures.length === 0) return style('yellow', 'nothing to do: no Notary Project signature')
  if (has('attached')) return style('green', 'stapled')
  if (has('failed')) return style('yellow', 'nothing stapled')
  if (has('unchanged')) return style('green', 'nothing to do: all evidence is attached already')
  return style('yellow', 'nothing stapled')
}

function artifactOf(session: Session, text: string, flags: StapleFlags): ArtifactTarget {
  const target = parseTarget(text, session.io.cwd, 'staple')
  if (target.kind === 'file') {
    throw usageError(`nothing is attached to a file: ${text}`, {
      why: 'the signature of a file is a file itself, and another file would have to go with it',
      fix: `staple while signing: sealwright sign --staple ${shellQuote(text)}`,
    })
  }
  assertUsable(session, [target], flags, { asksAuthorities: true })
  if (target.kind === 'archive' && target.path === '-' && (flags.signaturesIn ?? BESIDE) === BESIDE) {
    throw usageError(`${text} has no place for evidence`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'name the file, oci-archive:FILE, or add evidence while copying: sealwright copy oci-archive:- TO --revocation',
    })
  }
  return target
}
