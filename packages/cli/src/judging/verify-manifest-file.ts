import { isSealwrightError } from '@sealwright/core'
import type { Report } from '@sealwright/notary'
import { type Descriptor, digestOf, MAX_MANIFEST_BYTES, memory, parseManifest } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { readAll } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import { readTarget } from '../signing/sign-file-target.ts'
import type { FileTarget } from '../targets/target.ts'
import { envelopeStore } from './envelope-store.ts'
import { envelopesFor, unsignedFile } from './found-envelopes.ts'
import type { VerifyPlan } from './plan.ts'
import { assertPolicy, withAdvice } from './policy-advice.ts'
import { artifactOptions } from './verify-artifact-target.ts'

/**
 * Judges a file that holds the manifest of an artifact as that artifact of a repository: nothing but the manifest and the
 * envelope are needed, wherever they come from.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a file that is not a manifest: what a scope says is about artifacts.
 */
export async function verifyManifestFile(
  context: Context,
  target: FileTarget,
  plan: VerifyPlan & { readonly scope: string },
): Promise<Report> {
  const signal = await context.deadline()
  const envelopes = await envelopesFor(context, target, plan.signature)
  const bytes = await readAll(readTarget(context, target, signal), MAX_MANIFEST_BYTES, target.text)
  const subject = manifestIn(bytes, target)
  if (envelopes.length === 0) return { ...unsignedFile(target), resolved: `${target.text}@${subject.digest}` }
  assertPolicy(plan.trust, 'oci', { scope: plan.scope, directory: context.flags.trust })
  const artifacts = memory()
  await artifacts.push(subject, bytes)
  const signatures = await envelopeStore(subject, envelopes)
  const report = await plan.verifier.verify(
    { artifacts, signatures: signatures.store, reference: subject.digest, scope: plan.scope },
    artifactOptions(plan, signal),
  )
  const named = withAdvice(signatures.named(report), plan.trust, {
    target,
    scope: plan.scope,
    directory: context.flags.trust,
  })
  return { ...named, resolved: `${target.text}@${subject.digest}` }
}

function manifestIn(bytes: Uint8Array, { text }: FileTarget): Descriptor {
  try {
    const { mediaType } = parseManifest(bytes)
    return { mediaType, digest: digestOf('sha256', bytes), size: bytes.byteLength }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`--scope has no effect on ${text}`, {
      why: `it is not the manifest of an artifact (${error.why ?? error.message}), and other files are judged by a statement for files`,
      fix: 'leave --scope out; --statement names the statement, or the global one is used',
      cause: error,
    })
  }
}
