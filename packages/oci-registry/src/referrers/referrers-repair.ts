import { isDeepStrictEqual } from 'node:util'
import { isSealwrightError } from '@sealwright/core'
import { type Descriptor, parseManifest, referrersTag, type StoreCall } from '@sealwright/oci'
import { referrerEntry } from '@sealwright/oci/store'
import type { RegistryManifests } from '../manifests.ts'
import type { ReferrerTags } from './referrer-tags.ts'
import type { ListedReferrers, ReferrersList, Subject } from './referrers-list.ts'

/** What is wrong with one referrer in the list that clients keep. */
export interface ReferrerFault {
  readonly digest: string
  /**
   * `unlisted`: it is stored and tagged, but the index lacks it. `gone`: it is listed and not there.
   * `foreign`: it is listed and refers to something else. `misdescribed`: listed with another type, size or annotations.
   */
  readonly fault: 'unlisted' | 'gone' | 'foreign' | 'misdescribed'
}

/** The list of the referrers of one subject, as it was found. */
export interface ReferrersState {
  /** Digest of the subject. */
  readonly subject: string
  /** The tag of the list. */
  readonly tag: string
  /** How many truly refer to the subject. */
  readonly referrers: number
  readonly faults: readonly ReferrerFault[]
  /** Why there is no list to be read. */
  readonly damage?: string
  /** Whether no list can be kept: the registry answers for its tag with the subject itself (GitLab). */
  readonly taken: boolean
  /** Whether all of this was put right. */
  readonly repaired: boolean
}

export interface RepairOptions extends StoreCall {
  /** Looks only. */
  readonly dryRun?: boolean
}

interface Parts {
  readonly manifests: RegistryManifests
  readonly list: ReferrersList
  readonly referrerTags: ReferrerTags
}

const ATTEMPTS = 4
const AT_ONCE = 8

/** Compares the list of a subject with the manifests that it names and with the tags of its referrers, and makes it true. */
export class ReferrersRepair {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async run(subject: Subject, { dryRun = false, ...call }: RepairOptions): Promise<ReferrersState> {
    const found = await this.#look(subject, call)
    const { state } = found
    if (dryRun || state.taken || isSound(state) || found.listed === undefined) return state
    let now = found
    // Others may write at the same time; what they add is found by the next look.
    for (let attempt = 0; attempt < ATTEMPTS && !isSound(now.state); attempt++) {
      await this.#parts.list.write(subject, now.listed?.served, now.entries, call)
      now = await this.#look(subject, call)
    }
    return { ...state, repaired: isSound(now.state) }
  }

  async #look(subject: Subject, call: StoreCall): Promise<Found> {
    const { listed, damage } = await this.#read(subject, call)
    const faults: ReferrerFault[] = []
    const entries: Descriptor[] = []
    const named = listed?.manifests ?? []
    for (let start = 0; start < named.length; start += AT_ONCE) {
      const some = named.slice(start, start + AT_ONCE)
      const manifests = await Promise.all(some.map(entry => this.#entry(subject, entry.digest, call)))
      some.forEach((entry, index) => {
        const { digest } = entry
        const actual = manifests[index]!
        if (typeof actual === 'string') {
          if (damage === undefined) faults.push({ digest, fault: actual })
          return
        }
        entries.push(actual)
        if (damage === undefined && !isDeepStrictEqual(plain(entry), plain(actual)))
          faults.push({ digest, fault: 'misdescribed' })
      })
    }
    const missing = await this.#parts.referrerTags.missingFromIndex(subject, entries, call)
    faults.push(...missing.map(({ digest }) => ({ digest, fault: 'unlisted' as const })))
    const all = [...entries, ...missing]
    const state: ReferrersState = {
      subject: subject.digest,
      tag: referrersTag(subject.digest),
      referrers: all.length,
      faults,
      ...(damage === undefined ? {} : { damage }),
      taken: listed?.taken === true,
      repaired: false,
    }
    return { state, entries: all, ...(listed === undefined ? {} : { listed }) }
  }

  async #read(
    subject: Subject,
    call: StoreCall,
  ): Promise<{ readonly listed?: ListedReferrers; readonly damage?: string }> {
    try {
      const listed = await this.#parts.list.read(subject, call)
      const damage = listed.unreadable?.[0]?.fault
      return damage === undefined
        ? { listed }
        : { damage, listed: await this.#parts.list.salvage(subject, call) }
    } catch (error) {
      if (!isSealwrightError(error) || (error.code !== 'INTEGRITY' && error.code !== 'VALIDATION'))
        throw error
      const damage = error.why ?? error.message
      // Another manifest under that tag is somebody's, and is not replaced.
      return error.code === 'INTEGRITY'
        ? { damage }
        : { damage, listed: await this.#parts.list.salvage(subject, call) }
    }
  }

  async #entry(subject: Subject, digest: string, call: StoreCall): Promise<Descriptor | 'gone' | 'foreign'> {
    const served = await this.#parts.manifests.get(digest, call)
    if (served === undefined) return 'gone'
    try {
      const manifest = parseManifest(served.bytes, served.descriptor.mediaType)
      return manifest.subject?.digest === subject.digest
        ? referrerEntry(served.descriptor, manifest)
        : 'foreign'
    } catch (error) {
      if (isSealwrightError(error)) return 'foreign'
      throw error
    }
  }
}

interface Found {
  readonly state: ReferrersState
  readonly entries: readonly Descriptor[]
  readonly listed?: ListedReferrers
}

function isSound({ faults, damage }: ReferrersState): boolean {
  return faults.length === 0 && damage === undefined
}

/** What the specification demands of an entry. */
function plain({ mediaType, digest, size, artifactType, annotations = {} }: Descriptor): object {
  return { mediaType, digest, size, artifactType, annotations: { ...annotations } }
}
