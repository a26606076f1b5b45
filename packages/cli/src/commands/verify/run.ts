import { resolve } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import { createVerifier, predicateTypes } from '@sealwright/notary'
import pLimit from 'p-limit'
import { metadataOf, pickRegistryFlags } from '../../flags/common-flags.ts'
import type { Failure } from '../../runtime/document.ts'
import { EXIT, type ExitCode, exitCodeOf, exitCodeOfAll } from '../../runtime/exit.ts'
import { decidingError, exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { failureLines } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import { VERSION } from '../../runtime/version.ts'
import type { Session } from '../../session/session.ts'
import { typeOf } from '../../signatures/predicate-type.ts'
import { type Target, withDigest } from '../../targets/target.ts'
import { readTargets } from '../../targets/target-list.ts'
import { assertUsable } from '../../targets/usable.ts'
import { revocationOptions } from '../../trust/network.ts'
import type { VerifiedTarget } from '../../verification/document.ts'
import { refusedLines, verifiedLines } from '../../verification/lines.ts'
import { trustOf } from '../../verification/trust.ts'
import type { VerifyFlags } from './spec.ts'
import { assertSummary, openSummary, withSummary } from './summary.ts'
import { type VerifyPlan, verifyTarget } from './verify-target.ts'

/** `sealwright verify [flags] TARGET…` */
export async function verify(
  session: Session,
  args: readonly string[],
  flags: VerifyFlags,
): Promise<Outcome> {
  const targets = await readTargets(session, args, flags, 'verify')
  assertCombination(session, targets, flags)
  const plan = await planOf(session, flags)
  const limit = pLimit(flags.concurrency ?? (await session.settings()).concurrency)
  await using summaries =
    flags.reportKey === undefined
      ? undefined
      : await openSummary(session, { ...flags, reportKey: flags.reportKey }, plan)
  const judged = await Promise.all(
    targets.map(target =>
      limit(async () => {
        const verdict = await verifyTarget(session, target, plan)
        return summaries === undefined ? verdict : withSummary(session, target, verdict, summaries)
      }),
    ),
  )
  const good = judged.filter(({ target }) => isGood(target)).map(({ target }) => target)
  for (const { reference, verdict, policy } of good) {
    if (verdict === 'skipped')
      session.warn(`${reference} was not verified: statement "${policy?.statement}" skips it`)
  }
  const anyVerifier = asksForSummary(flags) && flags.vsaVerifier === undefined
  if (anyVerifier && good.some(({ attestations }) => attestations !== undefined))
    session.note('any verifier of the summary was taken; ask for one: --vsa-verifier ID')
  const targetsOf = judged.map(({ target }) => withDigest(target))
  const page = flags.report === undefined ? undefined : await writePage(session, flags.report, targetsOf)
  const ended = [
    ...judged,
    ...judged.flatMap(({ target: { summary } }) =>
      summary?.error ? [{ exitCode: exitCodeOf(summary.error.code), target: summary }] : [],
    ),
    ...(page ? [{ exitCode: page.exitCode, target: page.report }] : []),
  ]
  const exitCode = exitCodeOfAll(ended.map(one => one.exitCode))
  const details = session.flags.verbose || flags.all === true
  return {
    exitCode,
    document: { targets: targetsOf, report: page?.report, ...decidingError(ended, exitCode) },
    lines: good.flatMap(target => verifiedLines(target, { style: session.style, details })),
    faults: [
      ...judged.flatMap(({ target }) =>
        isGood(target) ? [] : refusedLines(target, { style: session.styleErr, details }),
      ),
      ...judged.flatMap(({ target: { summary } }) =>
        summary?.error ? failureLines('error', summary.error, session.styleErr) : [],
      ),
      ...(page?.report.error ? failureLines('error', page.report.error, session.styleErr) : []),
    ],
    resolved: good.filter(({ verdict }) => verdict === 'verified').flatMap(({ resolved }) => resolved ?? []),
  }
}

/** Writes the page of `--report`, whole or not at all. That it could not be written hides no verdict. */
async function writePage(
  session: Session,
  file: string,
  targets: readonly VerifiedTarget[],
): Promise<{ exitCode: ExitCode; report: { file: string; error: Failure | null } }> {
  try {
    const { reportPage } = await import('../../verification/report-page.ts')
    const page = reportPage(targets, { at: session.io.now(), version: VERSION })
    await writeFileAtomic(resolve(session.io.cwd, file), page, { mode: 0o644 })
    return { exitCode: EXIT.done, report: { file, error: null } }
  } catch (thrown) {
    const error = session.fault(thrown)
    return {
      exitCode: exitCodeOfError(error, session.io.signal),
      report: { file, error: failureOf(error) },
    }
  }
}

function isGood({ verdict }: VerifiedTarget): boolean {
  return verdict === 'verified' || verdict === 'skipped'
}

async function planOf(session: Session, flags: VerifyFlags): Promise<VerifyPlan> {
  const trust = await trustOf(session, flags)
  const revocation = await revocationOptions(session, flags)
  if (flags.keepRevocation && (await session.settings()).paths.crlCache === undefined) {
    throw usageError('--keep-revocation requires a cache directory', {
      why: 'neither a home directory nor NOTATION_CACHE says where it is',
      fix: 'set NOTATION_CACHE to a directory',
    })
  }
  const verifier = await createVerifier({ trust, clock: session.io.now, revocation })
  const { scope, statement, signature, at, maxSignatures } = flags
  return {
    trust,
    verifier,
    scope,
    statement,
    signature,
    registry: pickRegistryFlags(flags),
    options: {
      all: flags.all === true,
      offline: session.flags.offline,
      keepCarried: flags.keepRevocation === true,
      timeoutMs: (await session.settings()).timeoutMs,
      metadata: metadataOf(flags.metadata),
      attestations: (flags.attestation ?? []).map(typeOf),
      vsaVerifiers: flags.vsaVerifier ?? [],
      at,
      maxSignatures,
    },
  }
}

function asksForSummary({ attestation = [] }: VerifyFlags): boolean {
  return attestation.some(type => typeOf(type) === predicateTypes.vsa)
}

function assertCombination(session: Session, targets: readonly Target[], flags: VerifyFlags): void {
  assertUsable(session, targets, flags, {
    readers: [
      ...(flags.targets === '-' ? ['--targets -'] : []),
      ...(flags.signature ?? []).flatMap(file => (file === '-' ? ['--signature -'] : [])),
    ],
    asksAuthorities: true,
  })
  assertSummary(targets, flags)
  const [first] = targets as [Target, ...Target[]]
  const refuse = (flag: string, why: string, fix: string): never => {
    throw usageError(`${flag} has no effect on ${first.text}`, { why, fix })
  }
  if (flags.attestation !== undefined && targets.some(({ kind }) => kind === 'file')) {
    throw usageError('--attestation has no effect on files', {
      why: 'attestations are attached to artifacts in registries, layouts and archives',
      fix: 'verify files without it',
    })
  }
  if (flags.vsaVerifier !== undefined && !asksForSummary(flags)) {
    throw usageError('--vsa-verifier has no effect without --attestation vsa', {
      why: 'it says whose verification summary counts, and none is asked for',
      fix: 'add --attestation vsa',
    })
  }
  if (flags.report === '-') {
    throw usageError('--report - is not possible', {
      why: 'stdout has the report as text, or as JSON',
      fix: 'name a file: --report report.html',
    })
  }
  if (flags.keepRevocation && flags.key !== undefined) {
    throw usageError('--keep-revocation and --key cannot be used together', {
      why: 'a key that is trusted by itself has no certificate, and nobody revokes it',
      fix: 'leave one of the two out',
    })
  }
  if (flags.scope !== undefined && targets.every(({ kind }) => kind === 'registry')) {
    refuse('--scope', 'an artifact in a registry is verified under its own repository', 'leave it out')
  }
  if (flags.scope !== undefined && flags.statement !== undefined) {
    throw usageError('--scope and --statement cannot be used together', {
      why: 'one names the repository of artifacts, the other a statement for files that are none',
      fix: 'choose one',
    })
  }
  if (flags.statement !== undefined && targets.every(({ kind }) => kind !== 'file')) {
    refuse(
      '--statement',
      'artifacts are judged by the statement for their repository',
      'name the repository with --scope',
    )
  }
  if (flags.maxSignatures !== undefined && targets.every(({ kind }) => kind === 'file')) {
    refuse('--max-signatures', 'a file has the signatures beside it alone', 'leave it out')
  }
  if (flags.signature === undefined) return
  if (targets.length > 1) {
    throw usageError('--signature takes one target', {
      why: `one envelope is over one target; ${targets.length} were given`,
      fix: 'verify them one at a time',
    })
  }
  if (flags.signaturesIn !== undefined) {
    throw usageError('--signature and --signatures-in cannot be used together', {
      why: 'the signature is either in a file or in a repository',
      fix: 'choose one',
    })
  }
}
