import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor, StoreCall } from '@sealwright/oci'

/** One source out of two: the artifact in one store, what refers to it in both. It is read only. */
export function withSignatures(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore {
  if (signatures === artifacts) return artifacts
  const tags = artifacts.tags !== undefined && signatures.tags !== undefined
  return {
    name: artifacts.name,
    sources: [artifacts, signatures],
    ...(artifacts.stream || signatures.stream ? { stream: true } : {}),
    ...(artifacts.entries === undefined
      ? {}
      : { entries: call => artifacts.entries?.(call) ?? Promise.resolve([]) }),
    resolve: (reference, call) =>
      orElse(
        () => artifacts.resolve(reference, call),
        () => signatures.resolve(reference, call),
      ),
    fetch: (descriptor, call) => fetchEither(artifacts, signatures, descriptor, call),
    exists: async (descriptor, call) =>
      (await artifacts.exists(descriptor, call)) || signatures.exists(descriptor, call),
    push: (...args) => artifacts.push(...args),
    tag: (...args) => artifacts.tag(...args),
    delete: (...args) => artifacts.delete(...args),
    async *referrers(subject, query) {
      const seen = new Set<string>()
      for (const store of [artifacts, signatures]) {
        for await (const each of store.referrers(subject, query)) {
          if (seen.has(each.digest)) continue
          seen.add(each.digest)
          yield each
        }
      }
    },
    ...(tags
      ? {
          async *tags(query) {
            yield* artifacts.tags?.(query) ?? []
            yield* signatures.tags?.(query) ?? []
          },
        }
      : {}),
  }
}

/**
 * What one store lists of artifacts in another: only there is looked for what refers to them, and an index is read where
 * it is, so that what refers to its manifests is found too. It is read only.
 */
export function listingApart(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore {
  if (signatures === artifacts) return artifacts
  const { tags: _, ...both } = withSignatures(artifacts, signatures)
  return {
    ...both,
    resolve: (reference, call) => signatures.resolve(reference, call),
    referrers: (subject, query) => signatures.referrers(subject, query),
    ...(signatures.tags === undefined ? {} : { tags: query => signatures.tags?.(query) ?? nothing() }),
  }
}

async function* nothing(): AsyncGenerator<never> {}

async function* fetchEither(
  artifacts: ArtifactStore,
  signatures: ArtifactStore,
  descriptor: Descriptor,
  call: StoreCall | undefined,
): AsyncGenerator<Uint8Array> {
  let begun = false
  try {
    for await (const chunk of artifacts.fetch(descriptor, call)) {
      begun = true
      yield chunk
    }
    return
  } catch (error) {
    if (begun || !isAbsent(error)) throw error
  }
  yield* signatures.fetch(descriptor, call)
}

async function orElse<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<T> {
  try {
    return await first()
  } catch (error) {
    if (!isAbsent(error)) throw error
    return second()
  }
}

function isAbsent(error: unknown): boolean {
  return isSealwrightError(error) && error.code === 'NOT_FOUND'
}
