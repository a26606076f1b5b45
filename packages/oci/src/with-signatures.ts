import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from './artifact-store.ts'
import type { Descriptor } from './descriptor.ts'

/**
 * Returns a store that reads artifacts from one store and their referrers from both, for signatures that are kept in
 * another repository. What is written goes to `artifacts`.
 *
 * @throws {@link SealwrightError} from its methods: what the two stores throw. `NOT_FOUND` of `artifacts` is answered by
 *   `signatures`.
 */
export function withSignaturesIn(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore {
  if (signatures === artifacts) return artifacts
  const tags = artifacts.tags !== undefined && signatures.tags !== undefined
  return {
    name: artifacts.name,
    sources: [artifacts, signatures].flatMap(store => store.sources ?? [store]),
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
 * Returns a store that lists the referrers which `signatures` holds for artifacts of another store. An index is read from
 * `artifacts`, so that the referrers of its manifests are found too.
 *
 * @throws {@link SealwrightError} from its methods: what the two stores throw.
 */
export function referrersIn(artifacts: ArtifactStore, signatures: ArtifactStore): ArtifactStore {
  if (signatures === artifacts) return artifacts
  const { tags: _, ...both } = withSignaturesIn(artifacts, signatures)
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
