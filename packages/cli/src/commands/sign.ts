import { KeyedMutex } from '@sealwright/core/adapter'
import { notaryCose, notaryJws } from '@sealwright/notary'
import type { KeyDocument } from '../documents/document.ts'
import { withDigest } from '../documents/with-digest.ts'
import { AtOnce } from '../frame/at-once.ts'
import type { Context, Flags } from '../frame/context.ts'
import { exitCodeOfAll } from '../frame/exit.ts'
import { decidingError } from '../frame/failure.ts'
import type { Outcome } from '../frame/outcome.ts'
import { failureLines } from '../frame/text.ts'
import { usageError } from '../frame/usage.ts'
import { signingChain } from '../keys/chain.ts'
import { describeKey, openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'
import { metadataOf } from '../program/metadata.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import type { Signed } from '../signing/attempt.ts'
import { assertAuditLog, openAuditLog } from '../signing/audit-log.ts'
import { signedLines } from '../signing/lines.ts'
import { missingTargets } from '../signing/missing-targets.ts'
import type { SignPlan } from '../signing/plan.ts'
import { noteProject } from '../signing/project.ts'
import { assertAllowed, assertAllowedAlgorithm } from '../signing/rules.ts'
import { signTarget } from '../signing/sign-target.ts'
import { BESIDE } from '../targets/signatures-in.ts'
import type { Target } from '../targets/target.ts'
import { readTargets, type TargetsFlags } from '../targets/target-list.ts'
import { assertUsable } from '../targets/usable.ts'

interface SignFlags extends RegistryFlags, KeyFlags, TargetsFlags {
  readonly key?: string
  readonly format?: 'jws' | 'cose'
  readonly expiry?: number | 'none'
  readonly metadata?: readonly (readonly [string, string])[]
  readonly certChain?: string
  readonly signature?: string
  readonly auditLog?: string
  readonly recursive?: true
  readonly again?: true
  readonly dryRun?: true
  readonly manifest?: 'config-type' | 'artifact-type'
}

/** `sealwright sign [-k KEY] [flags] TARGET…` */
export async function sign(context: Context, args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as SignFlags
  const targets = await readTargets(context, args, flags, 'sign')
  assertCombination(context, targets, flags)
  const settings = await context.settings()
  const metadata = metadataOf(flags.metadata)
  noteProject(context, settings, [
    ...(['key', 'format', 'expiry'] as const).filter(name => flags[name] === undefined),
    ...(Object.keys(settings.metadata).every(name => Object.hasOwn(metadata, name))
      ? []
      : (['metadata'] as const)),
  ])
  assertAllowed(settings, targets)
  await using keys = await openKeys(context, flags)
  const key = await keys.select(flags.key)
  if (context.dialogue.silence === undefined) {
    const missing = await missingTargets(context, targets, registryFlags(flags))
    if (missing.length > 0) return outcomeOf(context, missing, null, flags.dryRun === true)
  }
  const format = flags.format ?? settings.format
  const { envelope } = format === 'jws' ? notaryJws : notaryCose
  await using signer = await keys.open(key, descriptor => envelope.algorithmFor(descriptor))
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  context.step(`check the certificate of key ${key.label}`)
  const chain = await signingChain(context, key.label, { signer, kept: key.kept, file: flags.certChain })
  const expiry = flags.expiry ?? settings.expiryMs
  await using audit = await openAuditLog(context, keys, key, flags.dryRun ? undefined : flags.auditLog)
  const plan: SignPlan = {
    signer,
    audit,
    chain,
    format,
    ...(typeof expiry === 'number' ? { expiryMs: expiry } : {}),
    metadata: { ...settings.metadata, ...metadata },
    ...(flags.manifest === undefined ? {} : { manifest: flags.manifest }),
    ...(flags.signature === undefined ? {} : { signature: flags.signature }),
    recursive: flags.recursive === true,
    again: flags.again === true,
    dryRun: flags.dryRun === true,
    // Who has to touch a token does so for one signature after the other.
    atOnce: new AtOnce(signer.key.presence === undefined ? (flags.concurrency ?? settings.concurrency) : 1),
    oneByOne: new KeyedMutex(),
    registry: registryFlags(flags),
    now: context.io.now(),
  }
  const signed = await Promise.all(targets.map(target => signTarget(context, target, plan)))
  const outcome = outcomeOf(context, signed.flat(), describeKey(key, signer), plan.dryRun)
  // The log on stdout is the result; what is told to a person goes to stderr.
  return flags.auditLog === '-' ? { ...outcome, raw: '' } : outcome
}

function outcomeOf(
  context: Context,
  signed: readonly Signed[],
  key: KeyDocument | null,
  dryRun: boolean,
): Outcome {
  const raw = signed.find(({ envelope }) => envelope !== undefined)?.envelope
  const done = signed.filter(({ target }) => target.error === null).map(({ target }) => target)
  const exitCode = exitCodeOfAll(signed.map(one => one.exitCode))
  return {
    exitCode,
    document: {
      dryRun,
      key,
      targets: signed.map(({ target }) => withDigest(target)),
      ...decidingError(signed, exitCode),
    },
    // Nothing is signed without a key.
    lines: key === null ? [] : done.flatMap(target => signedLines(target, key, context.paint)),
    faults: signed.flatMap(({ target }) =>
      target.error ? failureLines('error', target.error, context.paintErr) : [],
    ),
    // What was named, and not what that led to: a script takes it for its targets.
    resolved: done.filter(({ index }) => index === undefined).map(target => target.resolved as string),
    ...(raw === undefined ? {} : { raw }),
  }
}

function assertCombination(context: Context, targets: readonly Target[], flags: SignFlags): void {
  assertUsable(context, targets, flags, flags.targets === '-' ? ['--targets -'] : [])
  const files = targets.filter(({ kind }) => kind === 'file')
  if (flags.recursive && files.length > 0) {
    throw usageError(`--recursive has no effect on ${files[0]?.text}`, {
      why: 'only an artifact names others',
      fix: 'sign files without it',
    })
  }
  assertAuditLog(context, flags)
  if (flags.signature !== undefined) assertDetached(context, targets, flags)
  const piped = targets.find(target => target.kind === 'archive' && target.path === '-')
  const { signature, signaturesIn = BESIDE } = flags
  if (piped !== undefined && signature === undefined && signaturesIn === BESIDE) {
    throw usageError(`${piped.text} has no place for a signature`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'sign the file, oci-archive:FILE, or put the signature elsewhere: --signature FILE, --signatures-in REPO',
    })
  }
  if (flags.manifest !== undefined && (flags.signature !== undefined || files.length === targets.length)) {
    throw usageError('--manifest has no effect here', {
      why: 'a signature that stands alone has no manifest',
      fix: 'leave it out',
    })
  }
}

/** What a signature that stands alone cannot go together with. */
function assertDetached(context: Context, targets: readonly Target[], flags: SignFlags): void {
  if (targets.length > 1 || flags.recursive) {
    throw usageError('--signature takes one target', {
      why: flags.recursive
        ? 'one envelope is over one manifest; --recursive makes several'
        : `one envelope is over one target; ${targets.length} were given`,
      fix: 'sign them one at a time',
    })
  }
  if (flags.signature === '-' && context.flags.output === 'json') {
    throw usageError('--signature - and -o json cannot be used together', {
      why: 'stdout is either the envelope or the document',
      fix: '--signature FILE',
    })
  }
  if (flags.signaturesIn !== undefined) {
    throw usageError('--signature and --signatures-in cannot be used together', {
      why: 'the signature is either in a file or in a repository',
      fix: 'choose one; `sealwright attach` puts an envelope into a repository',
    })
  }
}
