import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { KeyedMutex } from '@sealwright/core/adapter'
import { systemFailure } from '@sealwright/core/files'
import { notaryCose, notaryJws } from '@sealwright/notary'
import pLimit from 'p-limit'
import { BESIDE } from '../../config/signatures-in.ts'
import { metadataOf, pickRegistryFlags, type RegistryFlags } from '../../flags/common-flags.ts'
import { signingChain } from '../../keys/chain.ts'
import { describeKey, openKeys } from '../../keys/keys.ts'
import type { KeyDocument } from '../../runtime/document.ts'
import { exitCodeOfAll } from '../../runtime/exit.ts'
import { decidingError } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { failureLines } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { assertAuditLog, openAuditLog } from '../../signatures/audit-log.ts'
import { signedLines } from '../../signatures/lines.ts'
import { assertAllowed, assertAllowedAlgorithm, noteProject } from '../../signatures/rules.ts'
import { openStaples } from '../../signatures/staples.ts'
import { asksAuthorities, openTimestamps } from '../../signatures/timestamps.ts'
import { openTarget } from '../../targets/open-target.ts'
import { type ArtifactTarget, type Target, withDigest } from '../../targets/target.ts'
import { readTargets } from '../../targets/target-list.ts'
import { assertUsable } from '../../targets/usable.ts'
import { assertCosign, cosignAlgorithm, signForCosign } from './cosign.ts'
import type { SignPlan } from './plan.ts'
import { failed, type Signed, signTarget } from './sign-target.ts'
import type { SignFlags } from './spec.ts'

/** `sealwright sign [-k KEY] [flags] TARGET…` */
export async function sign(session: Session, args: readonly string[], flags: SignFlags): Promise<Outcome> {
  const targets = await readTargets(session, args, flags, 'sign')
  assertCombination(session, targets, flags, flags.staple === true || (await asksAuthorities(session, flags)))
  const cosign = flags.format === 'sigstore' || flags.format === 'simplesigning' ? flags.format : undefined
  assertCosign(targets, flags, cosign)
  const settings = await session.settings()
  const metadata = metadataOf(flags.metadata)
  noteProject(session, settings, [
    ...(['key', 'format', 'expiry'] as const).filter(name => flags[name] === undefined),
    ...(Object.keys(settings.metadata).every(name => Object.hasOwn(metadata, name))
      ? []
      : (['metadata'] as const)),
  ])
  assertAllowed(settings, targets)
  await using keys = await openKeys(session, flags)
  const key = await keys.select(flags.key)
  if (session.dialogue.silence === undefined) {
    const missing = await missingTargets(session, targets, pickRegistryFlags(flags))
    if (missing.length > 0) return outcomeOf(session, missing, null, flags.dryRun === true)
  }
  if (cosign !== undefined) {
    const expiry = flags.expiry ?? settings.expiryMs
    if (typeof expiry === 'number') {
      throw usageError(`the format ${cosign} has no best-by time`, {
        why: `${settings.paths.config} or the project's configuration asks for one`,
        fix: 'sign without it: --expiry none',
      })
    }
    await using signer = await keys.open(key, cosignAlgorithm(cosign))
    assertAllowedAlgorithm(settings, signer.algorithm.id)
    const chain =
      flags.certChain === undefined
        ? []
        : await signingChain(session, key.label, { signer, kept: [], file: flags.certChain })
    await using audit = await openAuditLog(session, keys, key, flags.dryRun ? undefined : flags.auditLog)
    const signed = await signForCosign(session, targets as readonly ArtifactTarget[], {
      format: cosign,
      signer,
      audit,
      // A bundle of version 0.3 has the leaf alone.
      chain: cosign === 'sigstore' ? chain.slice(0, 1) : chain,
      metadata: { ...settings.metadata, ...metadata },
      timestamps: await openTimestamps(session, flags),
      batch: flags.batch ? (flags.batchPrivacy ?? 'repository') : undefined,
      again: flags.again === true,
      dryRun: flags.dryRun === true,
      limit: pLimit(signer.key.presence === undefined ? (flags.concurrency ?? settings.concurrency) : 1),
      oneByOne: new KeyedMutex(),
      registry: pickRegistryFlags(flags),
      now: session.io.now(),
    })
    const outcome = outcomeOf(session, signed, describeKey(key, signer), flags.dryRun === true)
    return flags.auditLog === '-' ? { ...outcome, raw: '' } : outcome
  }
  const format = (flags.format ?? settings.format) as 'jws' | 'cose'
  const { envelope } = format === 'jws' ? notaryJws : notaryCose
  await using signer = await keys.open(key, descriptor => envelope.algorithmFor(descriptor))
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  session.step(`check the certificate of key ${key.label}`)
  const chain = await signingChain(session, key.label, { signer, kept: key.kept, file: flags.certChain })
  const timestamps = await openTimestamps(session, flags)
  const staples = flags.staple ? await openStaples(session, flags) : undefined
  const expiry = flags.expiry ?? settings.expiryMs
  await using audit = await openAuditLog(session, keys, key, flags.dryRun ? undefined : flags.auditLog)
  const plan: SignPlan = {
    signer,
    audit,
    chain,
    format,
    ...(typeof expiry === 'number' ? { expiryMs: expiry } : {}),
    metadata: { ...settings.metadata, ...metadata },
    timestamps,
    staples,
    manifest: flags.manifest,
    signature: flags.signature,
    recursive: flags.recursive === true,
    again: flags.again === true,
    dryRun: flags.dryRun === true,
    // Who has to touch a token does so for one signature after the other.
    limit: pLimit(signer.key.presence === undefined ? (flags.concurrency ?? settings.concurrency) : 1),
    oneByOne: new KeyedMutex(),
    registry: pickRegistryFlags(flags),
    now: session.io.now(),
  }
  const signed = await Promise.all(targets.map(target => signTarget(session, target, plan)))
  const outcome = outcomeOf(session, signed.flat(), describeKey(key, signer), plan.dryRun)
  // The log on stdout is the result; what is told to a person goes to stderr.
  return flags.auditLog === '-' ? { ...outcome, raw: '' } : outcome
}

function outcomeOf(
  session: Session,
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
    lines: key === null ? [] : done.flatMap(target => signedLines(target, key, session.style)),
    faults: signed.flatMap(({ target }) =>
      target.error ? failureLines('error', target.error, session.styleErr) : [],
    ),
    // What was named, and not what that led to: a script takes it for its targets.
    resolved: done.filter(({ index }) => index === undefined).map(target => target.resolved as string),
    raw,
  }
}

function assertCombination(
  session: Session,
  targets: readonly Target[],
  flags: SignFlags,
  asksAuthorities: boolean,
): void {
  assertUsable(session, targets, flags, {
    readers: flags.targets === '-' ? ['--targets -'] : [],
    asksAuthorities,
  })
  const files = targets.filter(({ kind }) => kind === 'file')
  if (flags.recursive && files.length > 0) {
    throw usageError(`--recursive has no effect on ${files[0]?.text}`, {
      why: 'only an artifact names others',
      fix: 'sign files without it',
    })
  }
  assertAuditLog(session, flags)
  if (flags.signature !== undefined) assertDetached(session, targets, flags)
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
function assertDetached(session: Session, targets: readonly Target[], flags: SignFlags): void {
  if (targets.length > 1 || flags.recursive) {
    throw usageError('--signature takes one target', {
      why: flags.recursive
        ? 'one envelope is over one manifest; --recursive makes several'
        : `one envelope is over one target; ${targets.length} were given`,
      fix: 'sign them one at a time',
    })
  }
  if (flags.signature === '-' && session.flags.output === 'json') {
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

/**
 * Looks for what is to be signed on this machine, before anybody is asked for a passphrase.
 *
 * @returns The failures, if nothing at all is there to be signed; else none, and each target fails or not in its turn.
 */
async function missingTargets(
  session: Session,
  targets: readonly Target[],
  registry: RegistryFlags,
): Promise<readonly Signed[]> {
  const missing: Signed[] = []
  for (const target of targets) {
    try {
      await look(session, target, registry)
      return []
    } catch (thrown) {
      missing.push(failed(session, target.text, thrown))
    }
  }
  return missing
}

async function look(session: Session, target: Target, registry: RegistryFlags): Promise<void> {
  if (target.kind === 'registry' || target.path === '-') return
  if (target.kind === 'file') {
    await stat(resolve(session.io.cwd, target.path)).catch(error => {
      throw systemFailure(error, 'read', target.path)
    })
    return
  }
  await using open = await openTarget(session, target, registry, { create: true })
  await open.resolve(await session.deadline())
}
