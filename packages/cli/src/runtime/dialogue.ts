import { KeyedMutex } from '@sealwright/core/adapter'
import type { Io, Sink, Terminal } from './io.ts'
import { printable } from './text.ts'
import { usageError } from './usage.ts'

export interface Question {
  readonly prompt: string
  readonly secret?: boolean | undefined
  /** What is missing, as a message: `a scope is required, and no terminal is available to ask on`. */
  readonly missing: string
  /** What to give instead, for the `fix:` line. */
  readonly fix: string
}

/**
 * Asks a person: questions go to the terminal itself, never to stdin, and never when `CI` is set, stdin or stderr is not
 * a terminal, or `--no-input` was given. Then a question is a usage error that names the flag.
 */
export class Dialogue {
  readonly #io: Io
  readonly #input: boolean
  readonly #yes: boolean
  readonly #status: StatusLine
  readonly #questions = new KeyedMutex()
  #terminal: Promise<Terminal | undefined> | undefined

  constructor(io: Io, options: { readonly input: boolean; readonly yes: boolean; readonly quiet: boolean }) {
    this.#io = io
    this.#input = options.input
    this.#yes = options.yes
    this.#status = new StatusLine(io.stderr, !options.quiet && !io.env.CI)
  }

  /** Why nobody can be asked; `undefined` when somebody can. */
  get silence(): string | undefined {
    if (!this.#input) return '--no-input was given'
    if (this.#io.env.CI) return 'CI is set'
    if (!this.#io.stdin.isTerminal) return 'stdin is not a terminal'
    if (!this.#io.stderr.isTerminal) return 'stderr is not a terminal'
    return undefined
  }

  /** Asks, or throws `VALIDATION` naming what to give instead. */
  ask(question: Question): Promise<string> {
    // Work on several targets at the same time may have several questions.
    return this.#questions.run('', () => this.#ask(question))
  }

  async #ask(question: Question): Promise<string> {
    const silence = this.silence
    const terminal = silence === undefined ? await this.#open() : undefined
    if (terminal === undefined) {
      throw usageError(question.missing, {
        why: silence ?? 'this process has no terminal of its own',
        fix: question.fix,
      })
    }
    this.#status.pause()
    try {
      return await terminal.ask(shown(question.prompt), {
        secret: question.secret ?? false,
        signal: this.#io.signal,
      })
    } finally {
      this.#status.resume()
    }
  }

  /** Whether a person agrees; `-y` agrees beforehand. */
  async confirm(question: Question): Promise<boolean> {
    if (this.#yes) return true
    const answer = await this.ask({ ...question, prompt: `${question.prompt} [y/N] ` })
    return /^y(es)?$/i.test(answer.trim())
  }

  /** Runs `task`; when it takes more than half a second on a terminal, one status line says what is waited for. */
  waiting<T>(what: string, task: () => Promise<T>): Promise<T> {
    return this.#status.during(what, task)
  }

  #open(): Promise<Terminal | undefined> {
    this.#terminal ??= this.#io.openTerminal()
    return this.#terminal
  }
}

/** A prompt fit for a terminal: labels of tokens and paths are others' text. */
function shown(prompt: string): string {
  return prompt.split('\n').map(printable).join('\n')
}

const DELAY_MS = 500
const CLEAR = '\r\u001b[2K'

/** One line on the terminal that says what is being waited for, and leaves no trace. */
export class StatusLine {
  readonly #sink: Sink
  readonly #enabled: boolean
  /** What took longer than a moment, the first of it first: several things may be waited for at the same time. */
  readonly #waited = new Set<{ readonly what: string }>()
  #isShown = false
  #paused = false

  constructor(sink: Sink, enabled: boolean) {
    this.#sink = sink
    this.#enabled = enabled
  }

  async during<T>(what: string, task: () => Promise<T>): Promise<T> {
    if (!this.#enabled || !this.#sink.isTerminal) return task()
    const wait = { what }
    const timer = setTimeout(() => {
      this.#waited.add(wait)
      this.#draw()
    }, DELAY_MS)
    timer.unref()
    try {
      return await task()
    } finally {
      clearTimeout(timer)
      if (this.#waited.delete(wait)) this.#draw()
    }
  }

  /** Takes the line away while a question is asked. */
  pause(): void {
    this.#clear()
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#draw()
  }

  #draw(): void {
    if (this.#paused) return
    const [first, ...others] = this.#waited
    if (first === undefined) {
      this.#clear()
      return
    }
    const text = `waiting for ${first.what}${others.length > 0 ? `, and for ${others.length} more` : ''}`
    this.#isShown = true
    this.#sink.write(`${CLEAR}${text.slice(0, (this.#sink.columns || 80) - 1)}`)
  }

  #clear(): void {
    if (this.#isShown && !this.#paused) this.#sink.write(CLEAR)
    this.#isShown = false
  }
}
