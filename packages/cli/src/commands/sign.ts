import type { AlgorithmId } from '@sealwright/core'
import { notaryCose, notaryJws } from '@sealwright/notary'
import type { Settings } from '../config/settings.ts'
import type { KeyDocument } from '../documents/document.ts'
import type { SignedTarget } from '../documents/signing.ts'
import type { Context, Flags } from '../frame/context.ts'
import { deniedError } from '../frame/denied.ts'
import { EXIT, type ExitCode, exitCodeOfAll } from '../frame/exit.ts'
import { asSealwrightError, decidingError, exitCodeOfError, failureOf } from '../frame/failure.ts'
import type { Outcome } from '../frame/outcome.ts'
import { failureLines } from '../frame/text.ts'
import { usageError } from '../frame/usage.ts'
import { signingChain } from '../keys/chain.ts'
import { describeKey, openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import { signedLines } from '../signing/lines.ts'
import type { SignedOutcome, SignPlan } from '../signing/plan.ts'
import { signArtifactTarget } from '../signing/sign-artifact-target.ts'
import { signFileTarget } from '../signing/sign-file-target.ts'
import { parseTarget, type Target } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface SignFlags extends RegistryFlags, KeyFlags {
  readonly key?: string
  readonly format?: 'jws' | 'cose'
  readonly expiry?: number | 'none'
  readonly metadata?: readonly (readonly [string, string])[]
  readonly certChain?: string
  readonly signature?: string
  readonly again?: true
  readonly dryRun?: true
  readonly manifest?: 'config-type' | 'artifact-type'
}

interface Signed {
  readonly target: SignedTarget
  readonly exitCode: ExitCode
  readonly envelope?: Uint8Array
}

/** `sealwright sign [-k KEY] [flags] TARGET…` */
export async function sign(context: Context, args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as SignFlags
  const targets = args.map(text => parseTarget(text, context.io.cwd, 'sign'))
  assertCombination(context, targets, flags)
  const settings = await context.settings()
  assertAllowed(settings, targets)
  await using keys = await openKeys(context, flags)
  const key = await keys.select(flags.key)
  const format = flags.format ?? settings.format
  const { envelope } = format === 'jws' ? notaryJws : notaryCose
  await using signer = await keys.open(key, descriptor => envelope.algorithmFor(descriptor))
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  context.step(`check the certificate of key ${key.label}`)
  const chain = await signingChain(context, key.label, { signer, kept: key.kept, file: flags.certChain })
  const expiry = flags.expiry ?? settings.expiryMs
  const plan: SignPlan = {
    signer,
    chain,
    format,
    ...(typeof expiry === 'number' ? { expiryMs: expiry } : {}),
    metadata: { ...settings.metadata, ...Object.fromEntries(flags.metadata ?? []) },
    ...(flags.manifest === undefined ? {} : { manifest: flags.manifest }),
    ...(flags.signature === undefined ? {} : { signature: flags.signature }),
    again: flags.again === true,
    dryRun: flags.dryRun === true,
    registry: registryFlags(flags),
    now: context.io.now(),
  }
  const signed: Signed[] = []
  for (const target of targets) signed.push(await signOne(context, target, plan))
  return outcomeOf(context, signed, describeKey(key, signer), plan.dryRun)
}

async function signOne(context: Context, target: Target, plan: SignPlan): Promise<Signed> {
  const reference = target.text
  try {
    const outcome: SignedOutcome = await (target.kind === 'file'
      ? signFileTarget(context, target, plan)
      : signArtifactTarget(context, target, plan))
    const { envelope } = outcome
    return {
      target: { reference, ...outcome.target, error: null },
      exitCode: EXIT.done,
      ...(envelope === undefined ? {} : { envelope }),
    }
  } catch (thrown) {
    const error = asSealwrightError(thrown, context.io.signal)
    return {
      target: {
        reference,
        resolved: null,
        outcome: 'failed',
        signature: null,
        stored: null,
        error: failureOf(error),
      },
      exitCode: exitCodeOfError(error, context.io.signal),
    }
  }
}

function outcomeOf(context: Context, signed: readonly Signed[], key: KeyDocument, dryRun: boolean): Outcome {
  const raw = signed.find(({ envelope }) => envelope !== undefined)?.envelope
  const done = signed.filter(({ target }) => target.error === null).map(({ target }) => target)
  const exitCode = exitCodeOfAll(signed.map(one => one.exitCode))
  return {
    exitCode,
    document: {
      dryRun,
      key,
      targets: signed.map(({ target }) => target),
      ...decidingError(signed, exitCode),
    },
    lines: done.flatMap(target => signedLines(target, key, context.paint)),
    faults: signed.flatMap(({ target }) =>
      target.error ? failureLines('error', target.error, context.paintErr) : [],
    ),
    resolved: done.map(target => target.resolved as string),
    ...(raw === undefined ? {} : { raw }),
  }
}

function assertCombination(context: Context, targets: readonly Target[], flags: SignFlags): void {
  assertUsable(context, targets, flags)
  if (flags.signature !== undefined && targets.length > 1) {
    throw usageError('--signature takes one target', {
      why: `one envelope is over one target; ${targets.length} were given`,
      fix: 'sign them one at a time',
    })
  }
  const piped = targets.find(target => target.kind === 'archive' && target.path === '-')
  if (piped !== undefined && flags.signature === undefined) {
    throw usageError(`${piped.text} has no place for a signature`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'sign the file, oci-archive:FILE, or write the envelope elsewhere: --signature FILE',
    })
  }
  if (flags.signature === '-' && context.flags.output === 'json') {
    throw usageError('--signature - and -o json cannot be used together', {
      why: 'stdout is either the envelope or the document',
      fix: '--signature FILE',
    })
  }
  if (
    flags.manifest !== undefined &&
    (flags.signature !== undefined || targets.every(({ kind }) => kind === 'file'))
  ) {
    throw usageError('--manifest has nothing to say here', {
      why: 'a signature that stands alone has no manifest',
      fix: 'leave it out',
    })
  }
}

function assertAllowed({ sign: rules, paths }: Settings, targets: readonly Target[]): void {
  const tagged = targets.find(target => target.kind === 'registry' && target.digest === undefined)
  if (!rules.requireDigest || tagged === undefined) return
  throw deniedError(`${tagged.text} names no digest`, {
    why: `${paths.config} says sign.requireDigest: a tag may move between building and signing`,
    fix: `sealwright sign ${tagged.text}@sha256:…`,
  })
}

function assertAllowedAlgorithm({ sign: rules, paths }: Settings, algorithm: AlgorithmId): void {
  if (rules.algorithms === undefined || rules.algorithms.includes(algorithm)) return
  throw deniedError(`signing with ${algorithm} is not allowed`, {
    why: `${paths.config} allows ${rules.algorithms.join(', ') || 'none'} in sign.algorithms`,
    fix: 'use a key that signs with one of them',
  })
}
