import { createVerifier, predicateTypes } from '@sealwright/notary'
import { typeOf } from '../attesting/read-attestation.ts'
import type { VerifiedTarget } from '../documents/judging.ts'
import { withDigest } from '../documents/with-digest.ts'
import { AtOnce } from '../frame/at-once.ts'
import type { Context, Flags } from '../frame/context.ts'
import { exitCodeOfAll } from '../frame/exit.ts'
import { decidingError } from '../frame/failure.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { refusedLines, verifiedLines } from '../judging/lines.ts'
import type { VerifyPlan } from '../judging/plan.ts'
import { type TrustFlags, trustOf } from '../judging/trust.ts'
import { verifyTarget } from '../judging/verify-target.ts'
import { metadataOf } from '../program/metadata.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import type { Target } from '../targets/target.ts'
import { readTargets, type TargetsFlags } from '../targets/target-list.ts'
import { assertUsable } from '../targets/usable.ts'

interface VerifyFlags extends TrustFlags, RegistryFlags, TargetsFlags {
  readonly scope?: string
  readonly statement?: string
  readonly signature?: string
  readonly metadata?: readonly (readonly [string, string])[]
  readonly attestation?: readonly string[]
  readonly vsaVerifier?: readonly string[]
  readonly all?: true
  readonly at?: Date
  readonly maxSignatures?: number
}

/** `sealwright verify [flags] TARGET…` */
export async function verify(context: Context, args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as VerifyFlags
  const targets = await readTargets(context, args, flags, 'verify')
  assertCombination(context, targets, flags)
  const plan = await planOf(context, flags)
  const atOnce = new AtOnce(flags.concurrency ?? (await context.settings()).concurrency)
  const judged = await Promise.all(
    targets.map(target => atOnce.run(() => verifyTarget(context, target, plan))),
  )
  const good = judged.filter(({ target }) => isGood(target)).map(({ target }) => target)
  for (const { reference, verdict, policy } of good) {
    if (verdict === 'skipped')
      context.warn(`${reference} was not verified: statement "${policy?.statement}" skips it`)
  }
  const anyVerifier = plan.attestations.includes(predicateTypes.vsa) && plan.vsaVerifiers.length === 0
  if (anyVerifier && good.some(({ attestations }) => attestations !== undefined))
    context.note('any verifier of the summary was taken; ask for one: --vsa-verifier ID')
  const exitCode = exitCodeOfAll(judged.map(one => one.exitCode))
  const details = context.flags.verbose || flags.all === true
  return {
    exitCode,
    document: { targets: judged.map(({ target }) => withDigest(target)), ...decidingError(judged, exitCode) },
    lines: good.flatMap(target => verifiedLines(target, { paint: context.paint, details })),
    faults: judged.flatMap(({ target }) =>
      isGood(target) ? [] : refusedLines(target, { paint: context.paintErr, details }),
    ),
    resolved: good.filter(({ verdict }) => verdict === 'verified').flatMap(({ resolved }) => resolved ?? []),
  }
}

function isGood({ verdict }: VerifiedTarget): boolean {
  return verdict === 'verified' || verdict === 'skipped'
}

async function planOf(context: Context, flags: VerifyFlags): Promise<VerifyPlan> {
  const trust = await trustOf(context, flags)
  const verifier = await createVerifier({ trust, clock: context.io.now })
  const { scope, statement, signature, at, maxSignatures } = flags
  return {
    trust,
    verifier,
    all: flags.all === true,
    metadata: metadataOf(flags.metadata),
    attestations: (flags.attestation ?? []).map(typeOf),
    vsaVerifiers: flags.vsaVerifier ?? [],
    registry: registryFlags(flags),
    ...(scope === undefined ? {} : { scope }),
    ...(statement === undefined ? {} : { statement }),
    ...(signature === undefined ? {} : { signature }),
    ...(at === undefined ? {} : { at }),
    ...(maxSignatures === undefined ? {} : { maxSignatures }),
  }
}

function assertCombination(context: Context, targets: readonly Target[], flags: VerifyFlags): void {
  assertUsable(context, targets, flags, [
    ...(flags.targets === '-' ? ['--targets -'] : []),
    ...(flags.signature === '-' ? ['--signature -'] : []),
  ])
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
  if (
    flags.vsaVerifier !== undefined &&
    !flags.attestation?.some(type => typeOf(type) === predicateTypes.vsa)
  ) {
    throw usageError('--vsa-verifier has no effect without --attestation vsa', {
      why: 'it says whose verification summary counts, and none is asked for',
      fix: 'add --attestation vsa',
    })
  }
  if (flags.scope !== undefined && targets.every(({ kind }) => kind === 'registry')) {
    refuse('--scope', 'what is in a registry is judged as its own repository', 'leave it out')
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
