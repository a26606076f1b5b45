import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall, StoredEntry } from './artifact-store.ts'
import { isTaggedSignature } from './copy/cosign-tags.ts'
import type { Descriptor } from './descriptor.ts'
import type { Manifest } from './manifest.ts'
import { readManifest } from './read.ts'
import { isReferrersTag } from './referrers-tag.ts'

/**
 * The artifact that a layout is about, when neither tag nor digest says so: the one entry that refers to no other, is
 * not a list of referrers, and is not part of another.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` if there is none, `VALIDATION` naming them all if there are several, or
 *   if the store is one (a registry) that is never about one artifact.
 */
export async function soleTarget(store: ArtifactStore, call: StoreCall = {}): Promise<Descriptor> {
  if (store.entries === undefined) {
    throw new SealwrightError('VALIDATION', `${store.name} needs a tag or a digest`, {
      fix: `name one: ${store.name}:v1`,
    })
  }
  const candidates: StoredEntry[] = []
  const unreadable: { readonly entry: StoredEntry; readonly fault: SealwrightError }[] = []
  const parts = new Set<string>()
  for (const entry of await store.entries(call)) {
    if (entry.tags.some(isReferrersTag)) continue
    const manifest = await readIfThere(store, entry.descriptor, call)
    if (isSealwrightError(manifest)) {
      unreadable.push({ entry, fault: manifest })
      // One with a tag may be the artifact that is meant: which one it is has to be said.
      if (entry.tags.length > 0) candidates.push(entry)
      continue
    }
    if (manifest?.subject !== undefined) continue
    // What cosign appended to stays listed without its tag.
    if (manifest !== undefined && isTaggedSignature(manifest)) continue
    if (manifest?.kind === 'index') for (const part of manifest.manifests) parts.add(part.digest)
    candidates.push(entry)
  }
  const targets = candidates.filter(({ descriptor }) => !parts.has(descriptor.digest))
  const [target, ...others] = targets
  if (target === undefined) {
    const [only, ...more] = unreadable
    // Nothing else can be meant; whoever reads it says what is wrong with it.
    if (only !== undefined && more.length === 0) return only.entry.descriptor
    throw new SealwrightError('NOT_FOUND', `there is no artifact in ${store.name}`, {
      ...(only === undefined ? {} : { why: `${only.fault.message}: ${only.fault.why}` }),
      fix: `look at what ${store.name} lists in its index.json`,
    })
  }
  if (others.length > 0) {
    throw new SealwrightError('VALIDATION', `${store.name} holds ${targets.length} artifacts`, {
      why: targets.map(nameOf).join(', '),
      fix: `name one: ${store.name}${selectorOf(target, others)}`,
    })
  }
  return target.descriptor
}

/** The tag, unless another artifact has it, too. */
function selectorOf({ tags, descriptor }: StoredEntry, others: readonly StoredEntry[]): string {
  const own = tags.find(tag => !others.some(other => other.tags.includes(tag)))
  return own === undefined ? `@${descriptor.digest}` : `:${own}`
}

function nameOf({ descriptor, tags }: StoredEntry): string {
  return tags.length > 0 ? `${tags.join(' = ')} (${descriptor.digest})` : descriptor.digest
}

/** A layout may list what it does not hold, such as the other platforms of an image. */
async function readIfThere(
  store: ArtifactStore,
  descriptor: Descriptor,
  call: StoreCall,
): Promise<Manifest | SealwrightError | undefined> {
  try {
    return await readManifest(store, descriptor, call)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
    // What is not ours does not hide what is; it may be a part of an artifact, but it cannot be worked with.
    if (isSealwrightError(error) && ['INTEGRITY', 'VALIDATION'].includes(error.code)) return error
    throw error
  }
}
