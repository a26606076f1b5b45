import { SealwrightError } from '@sealwright/core'
import { pause } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { MAX_MANIFEST_BYTES, parseManifest } from '../manifest.ts'
import { MediaTypes } from '../media-types.ts'
import { KeyedMutex } from '../mutex.ts'
import { referrersIndex, referrersTag } from '../referrers-tag.ts'
import type { RegistryManifests, ServedManifest } from './manifests.ts'

const ATTEMPTS = 6

/** All clients of this process: a registry seldom offers more than last-writer-wins. */
const writers = new KeyedMutex()

export interface FallbackOptions {
  readonly manifests: RegistryManifests
  /** Of the repository, for messages, and to keep writers to the same one apart. */
  readonly name: string
  /** After a write, how long to wait before looking whether it lasted. */
  readonly settleMs: number
}

/**
 * Referrers where a registry has no API for them: an index under a tag that is made of the subject's digest and kept by
 * the clients (distribution-spec, "Referrers Tag Schema").
 */
export class ReferrersFallback {
  readonly #options: FallbackOptions

  constructor(options: FallbackOptions) {
    this.#options = options
  }

  /** All that are listed; whether they truly refer to the subject, their manifests say. */
  async list(subject: Descriptor, call: StoreCall): Promise<readonly Descriptor[]> {
    return (await this.#read(subject, call)).manifests
  }

  add(subject: Descriptor, entry: Descriptor, call: StoreCall): Promise<void> {
    return this.#change(subject, call, listed =>
      listed.some(({ digest }) => digest === entry.digest) ? listed : [...listed, entry],
    )
  }

  remove(subject: Descriptor, digest: string, call: StoreCall): Promise<void> {
    return this.#change(subject, call, listed =>
      listed.some(entry => entry.digest === digest)
        ? listed.filter(entry => entry.digest !== digest)
        : listed,
    )
  }

  /**
   * Read, change, write, and read again: what another client wrote in between would otherwise be lost, or have lost
   * this. Registries that know conditional requests are told what they may replace, though few do.
   */
  #change(
    subject: Descriptor,
    call: StoreCall,
    change: (listed: readonly Descriptor[]) => readonly Descriptor[],
  ): Promise<void> {
    const { manifests, name, settleMs } = this.#options
    const tag = referrersTag(subject.digest)
    return writers.run(`${name} ${tag}`, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const { manifests: listed, served, taken } = await this.#read(subject, call)
        const wanted = change(listed)
        if (wanted === listed) return
        if (taken) throw this.#unusable(tag, 'it answers for that tag with the subject itself')
        const bytes = referrersIndex(wanted)
        if (bytes.byteLength > MAX_MANIFEST_BYTES) {
          throw this.#unusable(tag, `with one more the list would exceed ${MAX_MANIFEST_BYTES} bytes`)
        }
        const digest = digestOf('sha256', bytes)
        const conditions: Record<string, string> =
          served === undefined ? { 'if-none-match': '*' } : served.etag ? { 'if-match': served.etag } : {}
        await manifests.put(tag, { mediaType: MediaTypes.index, digest, bytes }, call, conditions)
        await pause(settleMs * (0.5 + Math.random()) * (attempt + 1), call.signal)
      }
      const { manifests: listed } = await this.#read(subject, call)
      if (change(listed) === listed) return
      throw new SealwrightError('UNAVAILABLE', `the list of referrers in ${name} could not be changed`, {
        why: `others changed it each time, ${ATTEMPTS} times (tag ${tag})`,
        fix: 'try again when they are done',
      })
    })
  }

  async #read(subject: Descriptor, call: StoreCall): Promise<FallbackList> {
    const tag = referrersTag(subject.digest)
    const served = await this.#options.manifests.get(tag, call)
    if (served === undefined) return { manifests: [] }
    // GitLab takes the tag for the digest that it is made of.
    if (served.descriptor.digest === subject.digest) return { manifests: [], taken: true }
    const { mediaType, digest } = served.descriptor
    if (mediaType !== MediaTypes.index) {
      throw this.#unusable(tag, `it answers for that tag with ${digest}, which is ${mediaType} and no index`)
    }
    const manifest = parseManifest(served.bytes, mediaType)
    return { manifests: manifest.kind === 'index' ? manifest.manifests : [], served }
  }

  #unusable(tag: string, why: string): SealwrightError {
    return new SealwrightError(
      'INTEGRITY',
      `${this.#options.name} cannot list referrers under the tag ${tag}`,
      {
        why,
      },
    )
  }
}

interface FallbackList {
  readonly manifests: readonly Descriptor[]
  readonly served?: ServedManifest
  /** The tag leads to the subject itself. */
  readonly taken?: true
}
