import type { CopyEvent, Descriptor } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import type { Sink } from '../frame/io.ts'
import { printable } from '../frame/table.ts'
import { amount, timeLeft } from './amount.ts'
import { Transfer } from './transfer.ts'

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
export function progressOf({ io, flags }: Context): Progress {
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
