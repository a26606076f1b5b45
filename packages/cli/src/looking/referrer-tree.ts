import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { ReferrerDocument } from '../documents/judging.ts'
import { isOfType, referrerKind } from './referrer-kind.ts'

/** No tree that anybody makes is deeper; a store that answers with ever new referrers ends here. */
const MAX_DEPTH = 16
const MAX_NODES = 10_000

/** Suffixes of the tags under which cosign stored things before there were referrers. */
const COSIGN_TAGS: readonly (readonly [string, ReferrerDocument['kind']])[] = [
  ['sig', 'signature'],
  ['att', 'attestation'],
  ['sbom', 'sbom'],
]

/** All that refers to a manifest, and to that in turn. */
export async function referrerTree(
  store: ArtifactStore,
  subject: Descriptor,
  options: { readonly depth?: number | undefined; readonly signal: AbortSignal },
): Promise<readonly ReferrerDocument[]> {
  const seen = new Set([subject.digest])
  const below = async (parent: Descriptor, depth: number): Promise<ReferrerDocument[]> => {
    if (depth < 1 || seen.size > MAX_NODES) return []
    const nodes: ReferrerDocument[] = []
    for await (const descriptor of store.referrers(parent, { signal: options.signal })) {
      if (seen.has(descriptor.digest)) continue
      seen.add(descriptor.digest)
      nodes.push({ ...nodeOf(descriptor), referrers: await below(descriptor, depth - 1) })
    }
    return nodes
  }
  const tagged = await cosignTags(store, subject, options.signal)
  return [...(await below(subject, Math.min(options.depth ?? MAX_DEPTH, MAX_DEPTH))), ...tagged]
}

/** The tree with what is of a type, and what leads to it. */
export function filterTree(tree: readonly ReferrerDocument[], type: string): readonly ReferrerDocument[] {
  return tree
    .map(node => ({ ...node, referrers: filterTree(node.referrers, type) }))
    .filter(node => node.referrers.length > 0 || isOfType(node, type))
}

function nodeOf(descriptor: Descriptor): Omit<ReferrerDocument, 'referrers'> {
  const { digest, mediaType, artifactType, size, annotations = {} } = descriptor
  return {
    digest,
    mediaType,
    artifactType: artifactType ?? null,
    kind: referrerKind(artifactType),
    size,
    annotations: { ...annotations },
  }
}

async function cosignTags(
  store: ArtifactStore,
  subject: Descriptor,
  signal: AbortSignal,
): Promise<ReferrerDocument[]> {
  const found: ReferrerDocument[] = []
  for (const [suffix, kind] of COSIGN_TAGS) {
    try {
      const descriptor = await store.resolve(`${subject.digest.replace(':', '-')}.${suffix}`, { signal })
      found.push({ ...nodeOf(descriptor), kind, referrers: [] })
    } catch (error) {
      if (!isSealwrightError(error) || error.code !== 'NOT_FOUND') throw error
    }
  }
  return found
}
