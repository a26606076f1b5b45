import { openNv2 } from '@sealwright/core/nv2'
import { type Descriptor, digestOf, formatManifest, MediaTypes } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { judgeManifest } from './judge.ts'
import type { Remote } from './remote.ts'

/**
 * Stores a signature as the prototype's artifact: a manifest without layers, whose config is the signature itself. Its
 * subject is the signed manifest, so that it is found; the prototype had a registry of its own for that.
 *
 * @returns The digest of the artifact.
 */
export async function pushSignature(
  context: Context,
  { target, manifest }: Remote,
  bytes: Uint8Array,
): Promise<string> {
  const opened = openNv2(bytes)
  const difference = judgeManifest(opened, manifest)
  if (difference !== undefined) {
    throw usageError(`the signature is not over ${target.nameOf(manifest.digest)}`, {
      why: difference.why,
      fix: 'push it to the manifest that it signs',
    })
  }
  const signal = await context.deadline()
  const config = describe(opened.mediaType, bytes)
  const artifact = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    config,
    layers: [],
    subject: manifest,
  })
  const stored = { ...describe(MediaTypes.manifest, artifact), artifactType: config.mediaType }
  const { signatures } = target
  if (await signatures.exists(stored, { signal }))
    context.note('nothing to do: this signature is there already')
  // Pushed all the same: what is there stays, and a list of referrers that lost it gains it again.
  await signatures.push(config, bytes, { signal })
  const { referrers } = await signatures.push(stored, artifact, { signal })
  if (referrers === 'tag') context.note(`${signatures.name} has no referrers API: a tag lists the signature`)
  return stored.digest
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf('sha256', bytes), size: bytes.length }
}
