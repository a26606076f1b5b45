import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { StoredEntry } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { invalid, printDescriptor, readDescriptor, readObject } from '../descriptor-json.ts'
import { MediaTypes } from '../media-types.ts'

/** The name under which an entry of `index.json` is tagged (image-spec `image-layout.md`). */
const REF_NAME = 'org.opencontainers.image.ref.name'
/** Most bytes of `index.json`: some 15,000 manifests. */
export const MAX_INDEX_BYTES: number = 4 * 1024 * 1024
/** Seven for a manifest with a tag. */
const MAX_INDEX_VALUES = 150_000

interface Entry {
  readonly descriptor: Descriptor
  readonly tag?: string
  /** As it was read: what other programs wrote into it stays. */
  readonly text: string
}

/** An entry that cannot be read. It stays where it is. */
interface UnreadableEntry {
  readonly descriptor?: undefined
  readonly tag?: string
  readonly text: string
  readonly fault: SealwrightError
}

const EMPTY = `{"schemaVersion":2,"mediaType":"${MediaTypes.index}","manifests":[]}`

/** The `index.json` of a layout: what it holds, and under which names. Immutable; changes give a new one. */
export class IndexDocument {
  /** What stands around the list of manifests, as it was read. */
  readonly #before: string
  readonly #after: string
  readonly #all: readonly (Entry | UnreadableEntry)[]
  readonly #entries: readonly Entry[]

  private constructor(before: string, all: readonly (Entry | UnreadableEntry)[], after: string) {
    this.#before = before
    this.#all = all
    this.#after = after
    this.#entries = all.filter(isReadable)
  }

  static empty(): IndexDocument {
    return IndexDocument.parse(Buffer.from(EMPTY), 'index.json')
  }

  /**
   * An entry that cannot be read is not listed, and stops nothing: a layout holds what others put there.
   *
   * @throws {@link SealwrightError} `VALIDATION`.
   */
  static parse(bytes: Uint8Array, label: string): IndexDocument {
    const json = readObject(
      decodeJson(bytes, { label, maxBytes: MAX_INDEX_BYTES, maxValues: MAX_INDEX_VALUES }),
      label,
    )
    if (json.schemaVersion !== 2) throw invalid(label, 'is not of schema version 2')
    if (json.mediaType !== undefined && json.mediaType !== null && json.mediaType !== MediaTypes.index) {
      throw invalid(label, 'is not an OCI image index')
    }
    const manifests = json.manifests ?? []
    if (!Array.isArray(manifests)) throw invalid(`${label}: manifests`, 'is not a list')
    const text = Buffer.from(bytes).toString()
    const members = jsonSpans(text)
    const list = members.find(({ name }) => name === 'manifests')
    if (list === undefined) {
      const end = text.lastIndexOf('}')
      const comma = members.length === 0 ? '' : ','
      return new IndexDocument(`${text.slice(0, end).trimEnd()}${comma}"manifests":`, [], text.slice(end))
    }
    const items = manifests.length === 0 ? [] : jsonSpans(text, list.value.start)
    const entries = manifests.map((item, index) =>
      readEntry(item, valueText(text, items[index]!), `${label}: manifests[${index}]`),
    )
    return new IndexDocument(text.slice(0, list.value.start), entries, text.slice(list.value.end))
  }

  print(): Uint8Array {
    return Buffer.from(`${this.#before}[${this.#all.map(({ text }) => text).join(',')}]${this.#after}`)
  }

  /** Why entries cannot be read, with the tags that they have. */
  faults(): readonly { readonly fault: SealwrightError; readonly tag?: string }[] {
    return this.#all.filter(isUnreadable)
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
    return this.find(descriptor.digest) ? this : this.#replace([...this.#all, entryOf(descriptor)])
  }

  /** Moves a tag to a manifest. What had it before stays listed. */
  tag(descriptor: Descriptor, tag: string): IndexDocument {
    const named = this.tagged(tag)
    if (named.length === 1 && named[0]!.digest === descriptor.digest) return this
    const { digest } = descriptor
    const isListed = (entry: Entry) => entry.tag === undefined && entry.descriptor.digest === digest
    const listed = this.#entries.find(isListed)
    // Each once, and not where it is listed otherwise.
    const elsewhere = new Set([
      digest,
      ...this.#entries.filter(entry => entry.tag !== tag).map(entry => entry.descriptor.digest),
    ])
    const kept = this.#all.flatMap((entry): (Entry | UnreadableEntry)[] => {
      if (isUnreadable(entry)) return [entry]
      if (entry.tag !== tag) return isListed(entry) ? [] : [entry]
      if (elsewhere.has(entry.descriptor.digest)) return []
      elsewhere.add(entry.descriptor.digest)
      return [untagged(entry)]
    })
    return this.#replace([...kept, tagged(descriptor, tag, listed?.text)])
  }

  /** Drops the entries of a tag, and with them what they alone listed. */
  untag(tag: string): IndexDocument {
    return this.#replace(this.#all.filter(entry => isUnreadable(entry) || entry.tag !== tag))
  }

  without(digest: string): IndexDocument {
    return this.#replace(this.#all.filter(entry => entry.descriptor?.digest !== digest))
  }

  #replace(all: readonly (Entry | UnreadableEntry)[]): IndexDocument {
    return new IndexDocument(this.#before, all, this.#after)
  }
}

function isReadable(entry: Entry | UnreadableEntry): entry is Entry {
  return entry.descriptor !== undefined
}

function isUnreadable(entry: Entry | UnreadableEntry): entry is UnreadableEntry {
  return entry.descriptor === undefined
}

function readEntry(item: JsonValue, text: string, label: string): Entry | UnreadableEntry {
  const annotations = isJsonObject(item) ? item.annotations : undefined
  const name = isJsonObject(annotations) ? annotations[REF_NAME] : undefined
  const tag = typeof name === 'string' ? { tag: name } : {}
  try {
    return { descriptor: readDescriptor(item, label), text, ...tag }
  } catch (error) {
    if (isSealwrightError(error)) return { fault: error, text, ...tag }
    throw error
  }
}

/** The annotations of an entry belong to the layout, not to what it lists: two stores resolve a tag alike. */
function plain({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size }
}

function entryOf(descriptor: Descriptor): Entry {
  const own = plain(descriptor)
  return { descriptor: own, text: JSON.stringify(printDescriptor(own)) }
}

/** @param listed - The entry that gets the tag, with whatever else stands in it. */
function tagged(descriptor: Descriptor, tag: string, listed: string | undefined): Entry {
  const { descriptor: own, text } = entryOf(descriptor)
  const object = listed ?? text
  const annotations = withMember(annotationsOf(object) ?? '{}', REF_NAME, JSON.stringify(tag))
  return { descriptor: own, tag, text: withMember(object, 'annotations', annotations) }
}

function untagged({ descriptor, text }: Entry): Entry {
  const annotations = withMember(annotationsOf(text) ?? '{}', REF_NAME, undefined)
  return {
    descriptor,
    text: withMember(text, 'annotations', annotations === '{}' ? undefined : annotations),
  }
}

function annotationsOf(object: string): string | undefined {
  const member = jsonSpans(object).find(({ name }) => name === 'annotations')
  const text = member && valueText(object, member)
  return text === 'null' ? undefined : text
}

/** One member of an object or one item of a list, where it stands in a text. */
interface JsonSpan {
  /** Decoded; nothing for an item of a list. */
  readonly name?: string
  /** From the name of a member on. */
  readonly start: number
  readonly value: { readonly start: number; readonly end: number }
}

/**
 * Finds the members of the object, or the items of the list, that begins at `start`, without reading them: what is
 * written again must be the very text that was read, with numbers that no double holds.
 *
 * @param text - JSON that was decoded before, so that it is known to be sound.
 */
function jsonSpans(text: string, start = 0): readonly JsonSpan[] {
  const open = skipSpace(text, start)
  const isObject = text[open] === '{'
  const spans: JsonSpan[] = []
  let at = skipSpace(text, open + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    const first = at
    let name: string | undefined
    if (isObject) {
      const end = endOfText(text, at)
      name = JSON.parse(text.slice(at, end))
      // Behind the colon.
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = endOfValue(text, at)
    spans.push({ ...(name === undefined ? {} : { name }), start: first, value: { start: at, end } })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return spans
}

/** The text of a value. */
function valueText(text: string, { value }: JsonSpan): string {
  return text.slice(value.start, value.end)
}

/**
 * An object with one member set, or removed where there is no `value`; all others are the text that they were.
 *
 * @param value - JSON.
 */
function withMember(object: string, name: string, value: string | undefined): string {
  const members = jsonSpans(object).filter(member => member.name !== name)
  const kept = members.map(({ start, value: { end } }) => object.slice(start, end))
  return `{${[...kept, ...(value === undefined ? [] : [`${JSON.stringify(name)}:${value}`])].join(',')}}`
}

function skipSpace(text: string, start: number): number {
  let at = start === 0 && text.startsWith('\uFEFF') ? 1 : start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}

/** @param start - Of the quote that opens it. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfText(text, start)
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') at = endOfText(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      // The bracket of what holds a number or a word is none of its own.
      if (depth === 0) return trimmed(text, start, at)
      if (--depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return trimmed(text, start, at)
  }
  return trimmed(text, start, text.length)
}

function trimmed(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length
}
