import type { AlgorithmId } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { shellQuote } from '@sealwright/core/encoding'
import { attestationAlgorithm } from '@sealwright/notary'
import { attestTarget } from '../attesting/attest-target.ts'
import { attestedLines } from '../attesting/lines.ts'
import type { AttestPlan } from '../attesting/plan.ts'
import { readAttestation } from '../attesting/read-attestation.ts'
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
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import { assertAuditLog, openAuditLog } from '../signing/audit-log.ts'
import { noteProject } from '../signing/project.ts'
import { assertAllowed, assertAllowedAlgorithm } from '../signing/rules.ts'
import { BESIDE } from '../targets/signatures-in.ts'
import { type ArtifactTarget, parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface AttestFlags extends RegistryFlags, KeyFlags {
  readonly key?: string
  readonly type?: string
  readonly predicate?: string
  readonly algorithm?: AlgorithmId
  readonly certChain?: string
  readonly auditLog?: string
}

/** `sealwright attest [-k KEY] --type TYPE --predicate FILE|- [flags] TARGET…` */
export async function attest(context: Context, args: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as AttestFlags
  const targets = [...new Set(args)].map(text => artifactTarget(text, context, flags))
  const { type, predicate } = named(flags)
  assertAuditLog(context, flags)
  assertUsable(context, targets, flags, predicate === '-' ? ['--predicate -'] : [])
  const settings = await context.settings()
  noteProject(context, settings, flags.key === undefined ? ['key'] : [])
  assertAllowed(settings, targets)
  const attestation = await readAttestation(context, { type, predicate })
  await using keys = await openKeys(context, flags)
  const selected = await keys.select(flags.key)
  await using signer = await keys.open(selected, flags.algorithm ?? attestationAlgorithm)
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  const chain =
    flags.certChain === undefined
      ? []
      : await signingChain(context, selected.label, { signer, kept: [], file: flags.certChain })
  await using audit = await openAuditLog(context, keys, selected, flags.auditLog)
  const plan: AttestPlan = {
    signer,
    audit,
    chain,
    attestation,
    // Who has to touch a token does so for one attestation after the other.
    atOnce: new AtOnce(signer.key.presence === undefined ? (flags.concurrency ?? settings.concurrency) : 1),
    oneByOne: new KeyedMutex(),
    registry: registryFlags(flags),
    now: context.io.now(),
  }
  const attested = await Promise.all(
    targets.map(target => plan.atOnce.run(() => attestTarget(context, target, plan))),
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
    lines: done.flatMap(target => attestedLines(target, { predicateType, key }, context.paint)),
    faults: attested.flatMap(({ target }) =>
      target.error ? failureLines('error', target.error, context.paintErr) : [],
    ),
    resolved: done.map(target => target.resolved as string),
    // The log on stdout is the result; what is told to a person goes to stderr.
    ...(flags.auditLog === '-' ? { raw: '' } : {}),
  }
}

function named({ type, predicate }: AttestFlags): { type: string; predicate: string } {
  if (type !== undefined && predicate !== undefined) return { type, predicate }
  throw usageError(`${type === undefined ? '--type' : '--predicate'} is missing`, {
    why: 'an attestation says something, of a type, and neither is guessed',
    fix: 'sealwright attest --type slsa --predicate provenance.json TARGET',
  })
}

function artifactTarget(
  text: string,
  { io }: Context,
  { signaturesIn = BESIDE }: AttestFlags,
): ArtifactTarget {
  const target = parseTarget(text, io.cwd, 'attest')
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
