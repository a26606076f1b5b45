import { isSealwrightError, SealwrightError, type SealwrightErrorOptions } from '@sealwright/core'
import { blobsOf, childrenOf, type Descriptor, type Manifest, parseManifest } from '@sealwright/oci'
import { listedSubject } from '@sealwright/oci/store'
import type { RegistryFault } from './http/http-error.ts'

/** A manifest that a registry would not take. */
interface Refused {
  /** The repository, with its host. */
  readonly name: string
  /** The digest or tag that it was to be found by. */
  readonly reference: string
  readonly mediaType: string
  readonly digest: string
  readonly bytes: Uint8Array
}

/** What registries say of a manifest that names what they do not have (distribution-spec, "Error Codes"). */
const CODES: readonly string[] = ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_UNKNOWN', 'BLOB_UNKNOWN']
const DIGEST = /\bsha(?:256:[0-9a-f]{64}|384:[0-9a-f]{96}|512:[0-9a-f]{128})\b/g
/** So many are named; of others it is said that there are more. */
const MOST = 3

/** Adds to the error of a refused push what the registry misses, as far as it says so, and what to do about it. */
export function explainMissing(
  error: SealwrightError,
  faults: readonly RegistryFault[],
  refused: Refused,
): SealwrightError {
  const unknown = faults.filter(({ code }) => CODES.includes(code))
  const manifest = unknown.length === 0 ? undefined : readable(refused)
  if (manifest === undefined) return error
  const said = new Set(unknown.flatMap(fault => digestsIn(fault)))
  said.delete(refused.digest)
  const reasons = said.size > 0 ? [...said].map(digest => reasonOf(digest, manifest)) : [guess(manifest)]
  const { requestId } = error
  return new SealwrightError(error.code, error.message, {
    why: several(reasons.map(({ why }) => why)),
    ...(repairOf(manifest, refused) ?? { fix: reasons[0]!.fix }),
    requestId,
  })
}

interface Reason {
  readonly why: string
  readonly fix: string
}

const BRING_FIRST = 'push that first, and then this; content that was there may have been deleted'

function reasonOf(digest: string, manifest: Manifest): Reason {
  const blob = blobsOf(manifest).find(each => each.digest === digest)
  if (blob !== undefined && manifest.kind === 'index') return notOnlyManifests([blob])
  if (blob !== undefined) return { why: `it has no blob ${digest} (${blob.mediaType})`, fix: BRING_FIRST }
  if (childrenOf(manifest).some(each => each.digest === digest))
    return { why: `it has no manifest ${digest}, which the index lists`, fix: BRING_FIRST }
  if (manifest.subject?.digest === digest) {
    return {
      why: `it has no manifest ${digest}, to which this one refers`,
      fix: 'push that first, or keep its referrers in a registry that accepts them without it',
    }
  }
  return { why: `it has no ${digest}`, fix: BRING_FIRST }
}

/** The registry does not say what it lacks: of an index most likely an entry that is not a manifest. */
function guess(manifest: Manifest): Reason {
  const blobs = blobsOf(manifest)
  if (manifest.kind === 'index' && blobs.length > 0) {
    const { why, fix } = notOnlyManifests(blobs)
    return { why: `it does not say what it misses, and ${why}`, fix }
  }
  const count = blobs.length + childrenOf(manifest).length
  return { why: `it does not say which of the ${count} contents it misses`, fix: BRING_FIRST }
}

/** Build caches are such indexes (`application/vnd.buildkit.cacheconfig.v0`); distribution takes manifests alone in one. */
function notOnlyManifests(blobs: readonly Descriptor[]): Reason {
  const named = blobs.map(({ digest, mediaType }) => `${digest}, a blob (${mediaType})`)
  return {
    why: `the index lists ${several(named)}, where this registry takes manifests alone`,
    fix: 'keep the index in a layout, or in a registry that takes it as it is; its images can be brought one at a time',
  }
}

/** A registry rejects every update of a fallback index that lists a deleted manifest. */
function repairOf(
  { kind }: Manifest,
  { reference, name }: Refused,
): Pick<SealwrightErrorOptions, 'fix' | 'remedy'> | undefined {
  const subject = kind === 'index' ? listedSubject(reference) : undefined
  if (!subject) return undefined
  return {
    fix: 'repair the fallback index, which lists deleted manifests',
    remedy: { step: 'repairFallbackIndex', artifact: `${name}@${subject}` },
  }
}

function several(texts: readonly string[]): string {
  const more = texts.length > MOST ? `; and ${texts.length - MOST} more` : ''
  return `${texts.slice(0, MOST).join('; ')}${more}`
}

function digestsIn({ message, detail }: RegistryFault): readonly string[] {
  return `${message} ${detail === undefined ? '' : JSON.stringify(detail)}`.match(DIGEST) ?? []
}

function readable({ bytes, mediaType }: Refused): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType)
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
