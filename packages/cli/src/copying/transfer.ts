import type { CopyEvent, Descriptor } from '@sealwright/oci'

/** As long a rate is only noise. */
const SETTLED_MS = 1000

/** One content under way. */
export interface Moving {
  readonly descriptor: Descriptor
  /** Milliseconds, of the clock that was given. */
  readonly since: number
  bytes: number
}

/** How far a copy is. */
export class Transfer {
  readonly #now: () => number
  readonly #moving = new Map<string, Moving>()
  #started = 0
  #contents = 0
  #bytes = 0
  #finished = 0
  #moved = 0
  #ended = 0

  /** @param now - Milliseconds; only differences count. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @returns What has just ended, with the time since it was begun, if anything has. */
  take(event: CopyEvent): Moving | undefined {
    if (event.type === 'planned') {
      this.#started = this.#now()
      this.#contents = event.manifests + event.blobs
      this.#bytes = event.bytes
      return undefined
    }
    const { descriptor } = event
    const { digest } = descriptor
    const moving = this.#moving.get(digest)
    if (event.type === 'started') {
      this.#moving.set(digest, { descriptor, since: this.#now(), bytes: 0 })
      return undefined
    }
    if (event.type === 'bytes') {
      if (moving) moving.bytes = event.bytes
      return undefined
    }
    this.#finished++
    this.#moving.delete(digest)
    // The last of it is told by its end.
    if (event.type === 'done' && moving) moving.bytes = descriptor.size
    if (event.type === 'done') this.#moved += descriptor.size
    else this.#ended += descriptor.size
    return moving ?? { descriptor, since: this.#now(), bytes: 0 }
  }

  get moving(): readonly Moving[] {
    return [...this.#moving.values()]
  }

  get contents(): number {
    return this.#contents
  }

  get finished(): number {
    return this.#finished
  }

  /** Bytes that arrived, and those of all that has to be moved. */
  get bytes(): { readonly moved: number; readonly all: number } {
    const underway = this.moving.reduce((sum, { bytes }) => sum + bytes, 0)
    const moved = this.#moved + underway
    return { moved, all: Math.max(moved, this.#bytes - this.#ended) }
  }

  /** Bytes a second since the beginning. */
  get rate(): number {
    const seconds = (this.#now() - this.#started) / 1000
    return seconds > 0 ? this.bytes.moved / seconds : 0
  }

  /** Seconds, at the rate so far; nothing before it means something. */
  get secondsLeft(): number | undefined {
    const { moved, all } = this.bytes
    const known = moved > 0 && this.#now() - this.#started >= SETTLED_MS
    return known ? (all - moved) / this.rate : undefined
  }

  /** Bytes a second of one content. */
  rateOf({ since, bytes }: Moving): number {
    const seconds = (this.#now() - since) / 1000
    return seconds > 0 ? bytes / seconds : 0
  }
}
