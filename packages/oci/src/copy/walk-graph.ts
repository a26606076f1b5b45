import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { artifactTypeOf, MAX_MANIFEST_BYTES, type Manifest } from '../manifest.ts'
import { isManifestMediaType, MediaTypes } from '../media-types.ts'
import { parseNamed, readBlob } from '../read.ts'
import { parseReferrerTag, referrersTag } from '../referrers-tag.ts'
import { readReferrersIndex, type SalvagedManifest, salvageManifest } from '../salvage.ts'
import { artifactKind, isAmong, isTelling, listedKind } from './artifact-kind.ts'
import { choosePlatform } from './choose-platform.ts'
import { DigestTags } from './digest-tags.ts'
import { childrenOf, type GraphNode, type GraphRole } from './graph-node.ts'

export interface WalkOptions extends StoreCall {
  /** One image of an index instead of the index: `linux/amd64`, `linux/arm/v7`. */
  readonly platform?: string | undefined
  /**
   * Which of those that refer to the artifact or its children: `signature`, `attestation`, `sbom`, or media types. What
   * refers to these in turn comes with them. Default: all.
   */
  readonly only?: readonly string[] | undefined
  /** How many steps of referring. 0: the artifact and its children alone. Default: all. */
  readonly depth?: number | undefined
  /** False: does not follow the manifests that an index lists. What an index lists need not belong to it. Default true. */
  readonly children?: boolean | undefined
  /** More manifests than this are an error, never a walk cut short. Default 10 000. */
  readonly limit?: number | undefined
  /** How many manifests are looked at together. Default 8. */
  readonly concurrency?: number | undefined
  /**
   * Takes the store's word for what it lists: referrers that have a type there, and images, are not read, and have no
   * `manifest`. The artifact need not be there itself. For looking; what is moved or judged has to be read.
   */
  readonly asListed?: true | undefined
}

const LIMIT = 10_000
const CONCURRENCY = 8

/**
 * Walks the manifests of an artifact: itself, the children of an index, all that refers to any of them, by `subject` or
 * by a tag made of its digest, and what refers to that. Each comes after its parent, in the order of the store; one that
 * has several places comes once for each, and is walked at the first.
 *
 * What a store lists as a referrer is one only if its manifest says so, unless its word is taken (`asListed`).
 *
 * @throws {@link SealwrightError} of the store when the artifact itself cannot be read, or something cannot be listed;
 *   `UNSUPPORTED` beyond the limit. What is wrong with one of the others is its own `fault`.
 */
export async function* walkGraph(
  store: ArtifactStore,
  artifact: Descriptor,
  options: WalkOptions = {},
): AsyncGenerator<GraphNode> {
  const { platform, limit = LIMIT, concurrency = CONCURRENCY } = options
  const call = options.signal === undefined ? {} : { signal: options.signal }
  const root = platform === undefined ? artifact : await choosePlatform(store, artifact, platform, call)
  const visitor = new Visitor(store, options, call)
  const queue: Place[] = [{ role: 'artifact', descriptor: plain(root), depth: 0, picked: false }]
  const underway: Promise<Visit>[] = []
  const seen = new Set<string>()
  const given = new Set<string>()
  let started = 0
  for (let next = 0; next < queue.length; next++) {
    throwIfAborted(options.signal)
    // Looked at ahead, given in order.
    for (; started < queue.length && started < next + concurrency; started++) {
      const place = queue[started]!
      const again = seen.has(place.descriptor.digest)
      seen.add(place.descriptor.digest)
      const visit = again ? Promise.resolve<Visit>({ again: true, found: [] }) : visitor.visit(place)
      visit.catch(() => {})
      underway[started] = visit
    }
    const place = queue[next]!
    const visit = await underway[next]!
    delete underway[next]
    // It was left out at its first place, and may be wanted at this one.
    const first = visit.again && !given.has(place.descriptor.digest)
    const { found, left, ...seenAs } = first ? await visitor.visit(place) : visit
    queue.push(...found)
    if (queue.length > limit) {
      throw new SealwrightError('UNSUPPORTED', `${root.digest} in ${store.name} has too many manifests`, {
        why: `more than ${limit}, with all that refers to it`,
      })
    }
    if (left) continue
    given.add(place.descriptor.digest)
    yield nodeOf(place, seenAs)
  }
}

/** Where a manifest was found; not looked at yet. */
interface Place {
  readonly role: GraphRole
  readonly descriptor: Descriptor
  readonly parent?: Descriptor | undefined
  readonly depth: number
  readonly tag?: string | undefined
  /** It hangs on one that was chosen by `only`. */
  readonly picked: boolean
}

interface Visit {
  readonly found: readonly Place[]
  readonly manifest?: Manifest | undefined
  readonly salvaged?: SalvagedManifest | undefined
  readonly fault?: SealwrightError | undefined
  /** It is not among those that are wanted. */
  readonly left?: boolean | undefined
  readonly again?: true | undefined
}

type ReadPlace =
  | { readonly manifest: Manifest; readonly fault?: undefined; readonly salvaged?: undefined }
  | {
      readonly manifest?: undefined
      readonly fault: SealwrightError
      readonly salvaged?: SalvagedManifest | undefined
    }

class Visitor {
  readonly #store: ArtifactStore
  readonly #options: WalkOptions
  readonly #call: StoreCall
  readonly #tags: DigestTags

  constructor(store: ArtifactStore, options: WalkOptions, call: StoreCall) {
    this.#store = store
    this.#options = options
    this.#call = call
    this.#tags = new DigestTags(store, call)
  }

  async visit(place: Place): Promise<Visit> {
    const { descriptor, role, depth } = place
    const { only, asListed } = this.#options
    if (asListed && only === undefined && isListed(place))
      return { found: await this.#referring(place, false) }
    const { manifest, fault, salvaged } = await this.#read(place)
    if (manifest === undefined) {
      // What cannot be read is none of those that were asked for, unless it says so itself.
      const wanted = only === undefined || place.picked || (salvaged !== undefined && isNamed(salvaged, only))
      if (salvaged !== undefined && !wanted && isReferring(role)) return { found: [], left: true }
      const found = asListed && role === 'artifact' ? await this.#referring(place, false) : []
      return { found, fault, ...(salvaged === undefined ? {} : { salvaged }) }
    }
    const chosen = isReferring(role)
    if (only && chosen && !place.picked && !isAmong(manifest, place.tag, only)) {
      return { found: [], left: true }
    }
    const picked = place.picked || chosen
    const children = (this.#options.children === false ? [] : childrenOf(manifest)).map(
      (child): Place => ({ role: 'child', descriptor: plain(child), parent: descriptor, depth, picked }),
    )
    return { manifest, found: [...children, ...(await this.#referring(place, picked))] }
  }

  async #read(place: Place): Promise<ReadPlace> {
    const { descriptor, role } = place
    let bytes: Uint8Array | undefined
    try {
      bytes = await readBlob(this.#store, descriptor, MAX_MANIFEST_BYTES, this.#call)
      const manifest = parseNamed(bytes, descriptor, this.#store.name)
      bytes = undefined
      if (role === 'referrer') assertRefers(manifest, place, this.#store.name)
      return { manifest }
    } catch (error) {
      // A transient error, or one about the store as a whole, is not a fault of this manifest.
      const own = isSealwrightError(error) && ['NOT_FOUND', 'INTEGRITY', 'VALIDATION'].includes(error.code)
      if (!own || (role === 'artifact' && !this.#options.asListed)) throw error
      const salvaged = bytes && salvageManifest(bytes)
      const belongs = role !== 'referrer' || salvaged?.subject?.digest === place.parent?.digest
      return { fault: error, ...(salvaged !== undefined && belongs ? { salvaged } : {}) }
    }
  }

  /** By subject, in the order of the store; then by tags. */
  async #referring({ descriptor, depth }: Place, picked: boolean): Promise<readonly Place[]> {
    const { depth: deepest = Number.POSITIVE_INFINITY, asListed } = this.#options
    if (depth >= deepest) return []
    const step = { parent: descriptor, depth: depth + 1, picked }
    const tags = await this.#tags.all()
    const query = { ...this.#call, ...(tags === undefined ? {} : { tags }) }
    const listed = await collect(this.#store.referrers(descriptor, query))
    const referrers = new Map(listed.map(each => [each.digest, each]))
    const add = (each: Descriptor) => referrers.set(each.digest, referrers.get(each.digest) ?? each)
    // Nobody tags after a signature: where tags are not listed, they are not guessed for each of a thousand.
    const guess = !asListed || depth === 0
    const tagged: Place[] = []
    for (const { tag, descriptor: found } of await this.#tags.of(descriptor, guess)) {
      const list = tag === referrersTag(descriptor.digest) ? await this.#readList(found) : undefined
      if (list !== undefined) list.forEach(add)
      else if (parseReferrerTag(tag) !== undefined) add(found)
      else tagged.push({ role: 'tagged', descriptor: plain(found), tag, ...step })
    }
    const bySubject = [...referrers.values()].map(
      (each): Place => ({ role: 'referrer', descriptor: asListed ? each : plain(each), ...step }),
    )
    // A signature may be found both by its subject and by a tag of its own.
    return [...bySubject, ...tagged.filter(each => !referrers.has(each.descriptor.digest))]
  }

  /** The list that clients keep where a registry has no API for referrers; it stays when it gets one. */
  async #readList(found: Descriptor): Promise<readonly Descriptor[] | undefined> {
    if (found.mediaType !== MediaTypes.index) return undefined
    try {
      const bytes = await readBlob(this.#store, found, MAX_MANIFEST_BYTES, this.#call)
      return readReferrersIndex(bytes).manifests.filter(isManifest)
    } catch (error) {
      // One that cannot be read is shown as what it is: a manifest with this tag.
      if (isSealwrightError(error) && ['INTEGRITY', 'VALIDATION'].includes(error.code)) return undefined
      // A layout names what it does not hold, and a list may be replaced between two requests.
      if (isSealwrightError(error) && error.code === 'NOT_FOUND') return []
      throw error
    }
  }
}

/** Whether a place says enough without being read: what it is, and that it names no others. */
function isListed({ role, descriptor }: Place): boolean {
  if (descriptor.mediaType === MediaTypes.index || descriptor.mediaType === MediaTypes.dockerList)
    return false
  return role === 'artifact' || role === 'child' || (role === 'referrer' && isTelling(descriptor))
}

function isReferring(role: GraphRole): boolean {
  return role === 'referrer' || role === 'tagged'
}

function isNamed({ artifactType }: SalvagedManifest, only: readonly string[]): boolean {
  if (artifactType === undefined) return false
  const kind = listedKind({ mediaType: '', digest: '', size: 0, artifactType })
  return only.some(each => each === artifactType || each === kind)
}

function isManifest({ mediaType }: Descriptor): boolean {
  return isManifestMediaType(mediaType)
}

function assertRefers({ subject }: Manifest, { descriptor, parent }: Place, name: string): void {
  const same =
    subject?.digest === parent?.digest &&
    subject?.size === parent?.size &&
    subject?.mediaType === parent?.mediaType
  if (same) return
  throw new SealwrightError('VALIDATION', `${name} lists ${descriptor.digest} as a referrer it is not`, {
    why: `listed for ${parent?.digest}, it refers to ${subject?.digest ?? 'nothing'}`,
  })
}

function nodeOf(
  { role, descriptor, parent, depth, tag }: Place,
  { manifest, fault, salvaged, again }: Omit<Visit, 'found' | 'left'>,
): GraphNode {
  const artifactType = manifest && artifactTypeOf(manifest)
  const kind = manifest === undefined ? listedKind(descriptor) : artifactKind(manifest, tag)
  return {
    role,
    descriptor: {
      ...descriptor,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(manifest?.annotations === undefined ? {} : { annotations: manifest.annotations }),
    },
    depth,
    ...(parent === undefined ? {} : { parent }),
    ...(tag === undefined ? {} : { tag }),
    ...(kind === undefined ? {} : { kind }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(fault === undefined ? {} : { fault }),
    ...(salvaged === undefined ? {} : { salvaged }),
    ...(again === undefined ? {} : { again }),
  }
}

function plain({ mediaType, digest, size, platform }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
