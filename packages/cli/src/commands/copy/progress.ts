import type { CopyEvent, Descriptor } from '@sealwright/oci'
import type { Sink } from '../../runtime/io.ts'
import { printable } from '../../runtime/text.ts'
import type { Session } from '../../session/session.ts'
import { amount, timeLeft } from './text.ts'

/** What a copy reports to, and what takes its traces away at the end. */
export interface Progress {
  take(event: CopyEvent): void
  end(): void
}

const REDRAW_MS = 100
const LINES = 8
/** Of so many contents each is worth a line; of more only the large ones are. */
const FEW = 50
const LARGE = 1024 * 1024
const WORDS = { done: 'copied', skipped: 'there', mounted: 'mounted', failed: 'left' } as const

/** On a terminal lines that move, elsewhere a line for each content that has ended; none with `-q`. */
export function progressOf({ io, flags }: Session): Progress {
  const now = () => performance.now()
  if (flags.quiet) return { take: () => {}, end: () => {} }
  if (io.stderr.isTerminal && !io.env.CI && io.env.TERM !== 'dumb') return new MovingLines(io.stderr, now)
  return new PlainLines(io.stderr, now)
}

/** One line for each content that has ended: for logs. */
export class PlainLines implements Progress {
  readonly #sink: Sink
  readonly #transfer: Transfer

  constructor(sink: Sink, now: () => number) {
    this.#sink = sink
    this.#transfer = new Transfer(now)
  }

  take(event: CopyEvent): void {
    const line = lineOf(this.#transfer, event)
    if (line !== undefined) this.#sink.write(`${line}\n`)
  }

  end(): void {}
}

/** A line for each content under way with its rate, and one for the whole with the time that is left. */
export class MovingLines implements Progress {
  readonly #sink: Sink
  readonly #transfer: Transfer
  readonly #now: () => number
  #drawn = 0
  #drawnAt = Number.NEGATIVE_INFINITY

  constructor(sink: Sink, now: () => number) {
    this.#sink = sink
    this.#now = now
    this.#transfer = new Transfer(now)
  }

  take(event: CopyEvent): void {
    const line = lineOf(this.#transfer, event)
    const now = this.#now()
    if (line === undefined && now - this.#drawnAt < REDRAW_MS) return
    this.#drawnAt = now
    this.#draw(line === undefined ? [] : [line], this.#lines())
  }

  end(): void {
    this.#draw([], [])
  }

  /** Replaces what moves; what is `fixed` stays above it. */
  #draw(fixed: readonly string[], moving: readonly string[]): void {
    // A terminal that does not know its width says 0.
    const width = (this.#sink.columns || 80) - 1
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : ''
    const lines = [...fixed, ...moving].map(line => `${line.slice(0, width)}\n`)
    this.#sink.write(`${up}\r\u001b[J${lines.join('')}`)
    this.#drawn = moving.length
  }

  #lines(): string[] {
    const { moving, bytes, contents, finished, rate, secondsLeft } = this.#transfer
    const left = secondsLeft === undefined ? '' : `, ${timeLeft(secondsLeft)} left`
    return [
      ...moving.slice(0, LINES).map(each => {
        const { descriptor } = each
        const share = `${amount(each.bytes)} of ${amount(descriptor.size)}`
        return `  ${shortened(descriptor)}  ${share}  ${amount(this.#transfer.rateOf(each))}/s`
      }),
      `${finished} of ${contents}, ${amount(bytes.moved)} of ${amount(bytes.all)}, ${amount(rate)}/s${left}`,
    ]
  }
}

/** Takes an event; the line of a content that has ended, if it is worth one. */
function lineOf(transfer: Transfer, event: CopyEvent): string | undefined {
  const ended = transfer.take(event)
  if (ended === undefined || !(event.type in WORDS)) return undefined
  const { descriptor } = ended
  if (transfer.contents > FEW && descriptor.size < LARGE && event.type !== 'failed') return undefined
  const word = WORDS[event.type as keyof typeof WORDS]
  const rate =
    event.type === 'done' && descriptor.size >= LARGE ? `, ${amount(transfer.rateOf(ended))}/s` : ''
  const count = `${transfer.finished} of ${transfer.contents}`
  return printable(
    `${word.padEnd(7)}  ${shortened(descriptor)}  ${amount(descriptor.size)}${rate}  (${count})`,
  )
}

function shortened({ digest }: Descriptor): string {
  return digest.slice(0, digest.indexOf(':') + 13)
}

/** As long a rate is only noise. */
const SETTLED_MS = 1000

/** One content under way. */
interface Moving {
  readonly descriptor: Descriptor
  /** Milliseconds, of the clock that was given. */
  readonly since: number
  bytes: number
}

/** How far a copy is. */
class Transfer {
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
