import { decodeJson } from '@sealwright/core/encoding'
import type { StoredEntry } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { invalid, type JsonObject, printDescriptor, readDescriptor, readObject } from '../descriptor-json.ts'
import { MediaTypes } from '../media-types.ts'

/** The name under which an entry of `index.json` is tagged (image-spec `image-layout.md`). */
const REF_NAME = 'org.opencontainers.image.ref.name'
const MAX_INDEX_BYTES = 32 * 1024 * 1024

interface Entry {
  readonly descriptor: Descriptor
  readonly tag?: string
  /** As it was read: what other programs wrote into it stays. */
  readonly json: JsonObject
}

/** The `index.json` of a layout: what it holds, and under which names. Immutable; changes give a new one. */
export class IndexDocument {
  readonly #json: JsonObject
  readonly #entries: readonly Entry[]

  private constructor(json: JsonObject, entries: readonly Entry[]) {
    this.#json = json
    this.#entries = entries
  }

  static empty(): IndexDocument {
    return new IndexDocument({ schemaVersion: 2, mediaType: MediaTypes.index, manifests: [] }, [])
  }

  /** @throws {@link SealwrightError} `VALIDATION`. */
  static parse(bytes: Uint8Array, label: string): IndexDocument {
    const json = readObject(decodeJson(bytes, { label, maxBytes: MAX_INDEX_BYTES }), label)
    if (json.schemaVersion !== 2) throw invalid(label, 'is not of schema version 2')
    if (json.mediaType !== undefined && json.mediaType !== MediaTypes.index) {
      throw invalid(label, 'is not an OCI image index')
    }
    const manifests = json.manifests ?? []
    if (!Array.isArray(manifests)) throw invalid(`${label}: manifests`, 'is not a list')
    const entries = manifests.map((item, index): Entry => {
      const descriptor = readDescriptor(item, `${label}: manifests[${index}]`)
      const tag = descriptor.annotations?.[REF_NAME]
      return { descriptor, json: item, ...(tag === undefined ? {} : { tag }) }
    })
    return new IndexDocument(json, entries)
  }

  print(): Uint8Array {
    return Buffer.from(JSON.stringify({ ...this.#json, manifests: this.#entries.map(entry => entry.json) }))
  }

  /** Each manifest once, in the order of the document. */
  entries(): readonly StoredEntry[] {
    const found = new Map<string, { descriptor: Descriptor; tags: string[] }>()
    for (const { descriptor, tag } of this.#entries) {
      const entry = found.get(descriptor.digest) ?? { descriptor: plain(descriptor), tags: [] }
      if (tag !== undefined) entry.tags.push(tag)
      found.set(descriptor.digest, entry)
    }
    return [...found.values()]
  }

  /** All descriptors under a tag: more than one where a program wrote the same name for several images. */
  tagged(tag: string): readonly Descriptor[] {
    const found = this.#entries.filter(entry => entry.tag === tag)
    return [...new Map(found.map(({ descriptor }) => [descriptor.digest, plain(descriptor)])).values()]
  }

  find(digest: string): Descriptor | undefined {
    const entry = this.#entries.find(({ descriptor }) => descriptor.digest === digest)
    return entry && plain(entry.descriptor)
  }

  /** Lists a manifest, without a tag unless it has one. */
  with(descriptor: Descriptor): IndexDocument {
    return this.find(descriptor.digest) ? this : this.#replace([...this.#entries, entryOf(descriptor)])
  }

  /** Moves a tag to a manifest. What had it before stays listed. */
  tag(descriptor: Descriptor, tag: string): IndexDocument {
    const named = this.tagged(tag)
    if (named.length === 1 && named[0]!.digest === descriptor.digest) return this
    const kept = this.#entries.filter(
      entry =>
        entry.tag !== tag && (entry.tag !== undefined || entry.descriptor.digest !== descriptor.digest),
    )
    const untagged = named.filter(
      ({ digest }) => digest !== descriptor.digest && !kept.some(entry => entry.descriptor.digest === digest),
    )
    const listed = this.#entries.find(
      entry => entry.tag === undefined && entry.descriptor.digest === descriptor.digest,
    )
    return this.#replace([
      ...kept,
      ...untagged.map(item => entryOf(item)),
      entryOf(descriptor, tag, listed?.json),
    ])
  }

  /** Drops the entries of a tag, and with them what they alone listed. */
  untag(tag: string): IndexDocument {
    return this.#replace(this.#entries.filter(entry => entry.tag !== tag))
  }

  without(digest: string): IndexDocument {
    return this.#replace(this.#entries.filter(entry => entry.descriptor.digest !== digest))
  }

  #replace(entries: readonly Entry[]): IndexDocument {
    return new IndexDocument(this.#json, entries)
  }
}

/** The annotations of an entry belong to the layout, not to what it lists: two stores resolve a tag alike. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

function entryOf(descriptor: Descriptor, tag?: string, listed?: JsonObject): Entry {
  const own = plain(descriptor)
  if (tag === undefined) return { descriptor: own, json: printDescriptor(own) }
  const annotations = { ...(listed?.annotations as JsonObject | undefined), [REF_NAME]: tag }
  return { descriptor: own, json: { ...listed, ...printDescriptor(own), annotations }, tag }
}
