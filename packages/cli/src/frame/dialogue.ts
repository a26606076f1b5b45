import { KeyedMutex } from '@sealwright/core/adapter'
import type { Io, Terminal } from './io.ts'
import { StatusLine } from './status-line.ts'
import { printable } from './table.ts'
import { usageError } from './usage.ts'

export interface Question {
  readonly prompt: string
  readonly secret?: boolean
  /** What is missing, as a message: `a scope is needed and there is no terminal to ask on`. */
  readonly missing: string
  /** What to give instead, for the `fix:` line. */
  readonly fix: string
}

/**
 * Talk with a person: questions go to the terminal itself, never to stdin, and never when `CI` is set, stdin or stderr
 * is no terminal, or `--no-input` was given. Then a question is a usage error that names the flag.
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
