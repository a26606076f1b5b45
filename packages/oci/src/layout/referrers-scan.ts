import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { ReferrersQuery, StoreCall } from '../artifact-store.ts'
import { assertSize, collectVerified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { MAX_MANIFEST_BYTES } from '../manifest.ts'
import { isManifestMediaType } from '../media-types.ts'
import { parseNamed } from '../read.ts'
import { mayBeOfType, referrerEntry, referrersTag } from '../referrers-tag.ts'
import { salvageManifest } from '../salvage.ts'
import type { LayoutFiles } from './backend.ts'
import type { IndexDocument } from './index-document.ts'
import { readList } from './read-list.ts'

const MAX_MANIFESTS = 10_000
/** How many are looked at together: most of the time is spent waiting for the file system. */
const WAVE = 16

/** Told of what a layout lists and cannot be read, each once. */
export type OnUnreadable = (digest: string, fault: SealwrightError) => void

const FAULTS_OF_CONTENT: readonly string[] = ['NOT_FOUND', 'INTEGRITY', 'VALIDATION']

/** What a scan needs of a manifest. */
interface Scanned {
  readonly subject?: Descriptor
  readonly entry: Descriptor
  /** What it is listed as, if the entry does not say. */
  readonly type?: string
  readonly configType?: string
  readonly children: readonly Descriptor[]
}

/**
 * Finds referrers by reading every manifest that a layout lists, itself or through an index: how referrers are kept in
 * layouts is not standardised, and the fallback index that one program maintains is unknown to the next.
 */
export class ReferrersScan {
  readonly #backend: LayoutFiles
  readonly #onUnreadable: OnUnreadable
  /** By digest, size and type: content that was checked once against them does not change. */
  readonly #known = new Map<string, Scanned>()
  readonly #underway = new Map<
    string,
    { readonly scanned: Promise<Scanned | undefined>; readonly signal: unknown }
  >()
  /** Digests of what is listed and is not what its digest or size says. */
  readonly #damaged = new Set<string>()
  /** By subject, of an index all of whose manifests were there: nothing can be added to it. */
  readonly #complete = new WeakMap<IndexDocument, ReadonlyMap<string, readonly Scanned[]>>()

  constructor(backend: LayoutFiles, onUnreadable: OnUnreadable) {
    this.#backend = backend
    this.#onUnreadable = onUnreadable
  }

  /**
   * What is listed and cannot be read is somebody else's: it is told, and stops nothing.
   *
   * @throws {@link SealwrightError} `INTEGRITY` when the subject itself is stored with another size than it is listed with.
   */
  async *referrers(
    index: IndexDocument,
    subject: Descriptor,
    query: ReferrersQuery,
  ): AsyncGenerator<Descriptor> {
    await this.#assertSize(subject, query)
    const complete = this.#complete.get(index)
    const found =
      complete === undefined
        ? await this.#scan(index, subject, query)
        : await this.#stillThere(complete.get(subject.digest) ?? [], query)
    for (const scanned of found) {
      if (refersTo(scanned.subject, subject) && isOfType(scanned, query.artifactType)) yield scanned.entry
    }
    if (this.#damaged.size === 0) return
    for (const entry of await this.#listed(index, subject, query)) {
      if (this.#damaged.has(entry.digest) && mayBeOfType(entry, query.artifactType)) yield entry
    }
  }

  /** What the list of referrers names: of a manifest that is damaged nothing else tells what it refers to. */
  async #listed(
    index: IndexDocument,
    { digest }: Descriptor,
    call: StoreCall,
  ): Promise<readonly Descriptor[]> {
    const list = index.tagged(referrersTag(digest))[0]
    const found = list && (await readList(this.#backend, list, call))
    return found === undefined || found === 'taken' ? [] : found.manifests
  }

  async #scan(index: IndexDocument, subject: Descriptor, query: ReferrersQuery): Promise<readonly Scanned[]> {
    const queue = index.entries().map(({ descriptor }) => descriptor)
    const seen = new Set(queue.map(({ digest }) => digest))
    const found: Scanned[] = []
    let all = true
    for (let next = 0; next < queue.length; ) {
      throwIfAborted(query.signal)
      if (queue.length > MAX_MANIFESTS) {
        throw new SealwrightError('UNSUPPORTED', `${this.#backend.name} lists too many manifests`, {
          why: `more than ${MAX_MANIFESTS}; referrers beyond them would be missed`,
        })
      }
      const wave = queue.slice(next, next + WAVE)
      next += wave.length
      const listed = wave.filter(each => isManifestMediaType(each.mediaType))
      const manifests = listed.filter(each => !this.#isKnownToBeOther(each, subject))
      all &&= manifests.length === listed.length
      for (const scanned of await Promise.all(manifests.map(each => this.#read(each, query)))) {
        all &&= scanned !== undefined
        if (scanned === undefined) continue
        found.push(scanned)
        for (const child of scanned.children) {
          if (!seen.has(child.digest)) queue.push(child)
          seen.add(child.digest)
        }
      }
    }
    if (all) this.#complete.set(index, bySubject(found))
    return found
  }

  async #stillThere(found: readonly Scanned[], call: StoreCall): Promise<readonly Scanned[]> {
    const there = found.map(async scanned => {
      return (await this.#backend.sizeOf(scanned.entry.digest, call)) === undefined ? [] : [scanned]
    })
    return (await Promise.all(there)).flat()
  }

  /** Whether it was read before, refers to something else and leads nowhere: then it need not even be there still. */
  #isKnownToBeOther(descriptor: Descriptor, subject: Descriptor): boolean {
    const known = this.#known.get(keyOf(descriptor))
    return known !== undefined && known.children.length === 0 && !refersTo(known.subject, subject)
  }

  async #read(descriptor: Descriptor, call: StoreCall): Promise<Scanned | undefined> {
    const key = keyOf(descriptor)
    const known = this.#known.get(key)
    // A layout may list what it does not hold.
    if (!(await this.#isThere(descriptor, call))) return undefined
    if (known !== undefined) return known
    // Scans at the same time read each manifest once between them, unless they can be aborted one by one.
    const underway = this.#underway.get(key)
    if (underway !== undefined && underway.signal === call.signal) return underway.scanned
    const scanned = this.#readUncached(descriptor, call)
    const reading = { scanned, signal: call.signal }
    this.#underway.set(key, reading)
    try {
      return await scanned
    } finally {
      if (this.#underway.get(key) === reading) this.#underway.delete(key)
    }
  }

  async #isThere(descriptor: Descriptor, call: StoreCall): Promise<boolean> {
    try {
      return (await this.#backend.sizeOf(descriptor.digest, call)) !== undefined
    } catch (error) {
      this.#tell(descriptor, error)
      return false
    }
  }

  async #readUncached(descriptor: Descriptor, call: StoreCall): Promise<Scanned | undefined> {
    let bytes: Uint8Array
    try {
      assertSize(descriptor, MAX_MANIFEST_BYTES)
      bytes = await collectVerified(descriptor, this.#backend.read(descriptor.digest, call), {
        from: this.#backend.name,
        maxBytes: MAX_MANIFEST_BYTES,
      })
    } catch (error) {
      this.#tell(descriptor, error)
      this.#damaged.add(descriptor.digest)
      return undefined
    }
    this.#damaged.delete(descriptor.digest)
    const scanned = this.#scanned(descriptor, bytes)
    if (this.#known.size >= MAX_MANIFESTS) this.#known.clear()
    this.#known.set(keyOf(descriptor), scanned)
    return scanned
  }

  #scanned(descriptor: Descriptor, bytes: Uint8Array): Scanned {
    try {
      const manifest = parseNamed(bytes, descriptor, this.#backend.name)
      return {
        ...(manifest.subject === undefined ? {} : { subject: manifest.subject }),
        ...(manifest.kind === 'image' ? { configType: manifest.config.mediaType } : {}),
        entry: referrerEntry(descriptor, manifest),
        children: manifest.kind === 'index' ? manifest.manifests : [],
      }
    } catch (error) {
      this.#tell(descriptor, error)
      const { subject, artifactType: type } = salvageManifest(bytes)
      const { mediaType, digest, size } = descriptor
      return {
        entry: { mediaType, digest, size },
        ...(subject === undefined ? {} : { subject }),
        ...(type === undefined ? {} : { type }),
        children: [],
      }
    }
  }

  /** Rethrows an error that is not about this manifest. */
  #tell(descriptor: Descriptor, error: unknown): void {
    if (!isSealwrightError(error) || !FAULTS_OF_CONTENT.includes(error.code)) throw error
    this.#onUnreadable(descriptor.digest, error)
  }

  async #assertSize({ digest, size }: Descriptor, call: StoreCall): Promise<void> {
    const stored = await this.#backend.sizeOf(digest, call)
    if (stored === undefined || stored === size) return
    throw new SealwrightError(
      'INTEGRITY',
      `${digest} in ${this.#backend.name} has another size than it is listed with`,
      {
        why: `it has ${stored} bytes, and index.json says ${size}`,
        fix: 'copy the artifact to a new layout from where it was made',
      },
    )
  }
}

function bySubject(found: readonly Scanned[]): ReadonlyMap<string, readonly Scanned[]> {
  const map = new Map<string, Scanned[]>()
  for (const scanned of found) {
    if (scanned.subject === undefined) continue
    const { digest } = scanned.subject
    const known = map.get(digest)
    if (known === undefined) map.set(digest, [scanned])
    else known.push(scanned)
  }
  return map
}

function keyOf({ digest, size, mediaType }: Descriptor): string {
  return `${digest} ${size} ${mediaType}`
}

/** All three members count, as they do for the verifier that compares them with what was signed. */
function refersTo(found: Descriptor | undefined, subject: Descriptor): boolean {
  return (
    found?.digest === subject.digest && found.size === subject.size && found.mediaType === subject.mediaType
  )
}

function isOfType({ entry, type, configType }: Scanned, artifactType: string | undefined): boolean {
  return artifactType === undefined || [entry.artifactType, type, configType].includes(artifactType)
}
