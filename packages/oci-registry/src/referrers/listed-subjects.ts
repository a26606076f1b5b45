import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { type ArtifactStore, readManifest, referrersTag, type StoreCall } from '@sealwright/oci'
import { listedSubject, parseReferrerTag } from '@sealwright/oci/store'

/** So many entries of a list are read to learn what it is a list of. */
const MOST = 20

/**
 * Returns everything in a repository of which clients keep a list of referrers under a tag, or which a referrer claims by a
 * tag of its own: see `repairReferrers`. It need not be there itself. Of SHA-384 and SHA-512 a tag has only a part of the
 * digest: the whole of it is read from a manifest that refers to it, and is not found where there is none.
 *
 * @returns Digests, in their order.
 * @throws {@link SealwrightError} `UNSUPPORTED` where tags are not listed, and what registries end with.
 */
export async function listedSubjects(store: ArtifactStore, call: StoreCall = {}): Promise<readonly string[]> {
  if (store.tags === undefined) {
    throw new SealwrightError('UNSUPPORTED', `${store.name} does not list its tags`)
  }
  const subjects = new Set<string>()
  const found = new Set<string>()
  for await (const tag of store.tags({ ...call, prefix: 'sha' })) {
    const subject = listedSubject(tag)
    if (subject !== undefined) subjects.add(subject)
    const list = parseReferrerTag(tag)?.list ?? tag
    if (subject !== undefined || found.has(list) || !/^sha(?:384|512)-[0-9a-f]{64}$/.test(list)) continue
    const long = await subjectOf(store, tag, list, call)
    if (long === undefined) continue
    found.add(list)
    subjects.add(long)
  }
  return [...subjects].toSorted()
}

/** The subject of what stands under a tag: of one referrer, or of the first in a list that is there. */
async function subjectOf(
  store: ArtifactStore,
  tag: string,
  list: string,
  call: StoreCall,
): Promise<string | undefined> {
  const manifest = await unlessUnreadable(async () =>
    readManifest(store, await store.resolve(tag, call), call),
  )
  const own = manifest?.subject?.digest
  if (own !== undefined && referrersTag(own) === list) return own
  for (const entry of manifest?.kind === 'index' ? manifest.manifests.slice(0, MOST) : []) {
    const digest = (await unlessUnreadable(() => readManifest(store, entry, call)))?.subject?.digest
    if (digest !== undefined && referrersTag(digest) === list) return digest
  }
  return undefined
}

async function unlessUnreadable<T>(reading: () => Promise<T>): Promise<T | undefined> {
  try {
    return await reading()
  } catch (error) {
    const passes = ['NOT_FOUND', 'INTEGRITY', 'VALIDATION', 'UNSUPPORTED']
    if (isSealwrightError(error) && passes.includes(error.code)) return undefined
    throw error
  }
}
