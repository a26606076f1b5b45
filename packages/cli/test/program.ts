import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { sealwright } from '../src/program/commands.ts'
import { documents } from '../src/program/documents.ts'
import type { Program as ProgramSpec } from '../src/program/program.ts'
import { run } from '../src/program/run.ts'
import type { Io, Sink, Terminal } from '../src/runtime/io.ts'

/** A secret that must be in no output of any run. */
export const CANARY = 'canary-7c1f3a-passphrase'

interface Result {
  readonly code: number
  readonly stdout: string
  /** The same, as it was written. */
  readonly bytes: Buffer
  readonly stderr: string
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** In place of the program's own; `undefined` for a user without one. */
  readonly home?: string | undefined
  readonly stdin?: string | Uint8Array
  /** What a person at the terminal answers, in turn; without it there is no terminal. */
  readonly answers?: readonly string[]
  /** stdout is a terminal of this width. */
  readonly columns?: number
  readonly now?: Date
  readonly signal?: AbortSignal
  /** Another program than `sealwright`. */
  readonly program?: ProgramSpec
}

/** The program in this process, with a home of its own. */
export interface Program {
  readonly home: string
  readonly trust: string
  readonly config: string
  /** Runs it; the documents it prints are valid, and no output has the passphrase. */
  run(args: readonly string[], options?: RunOptions): Promise<Result>
  /** Runs it, expects an exit code, and returns what it printed. */
  expect(code: number, args: readonly string[], options?: RunOptions): Promise<Result>
  /** As {@link Program.expect} with `-o json`; returns the document. */
  // biome-ignore lint/suspicious/noExplicitAny: every document has a shape of its own, and tests look where they like.
  json(code: number, args: readonly string[], options?: RunOptions): Promise<any>
  path(...names: string[]): string
  /** The questions that were asked, over all runs. */
  readonly asked: string[]
}

/** A home that is removed when the test ends. */
export async function program(): Promise<Program> {
  const home = await mkdtemp(join(tmpdir(), 'sealwright-cli-'))
  onTestFinished(() => rm(home, { recursive: true, force: true }))
  const passphrase = join(home, 'passphrase')
  await writeFile(passphrase, `${CANARY}\n`, { mode: 0o600 })
  return programAt(home, passphrase)
}

/** The program in a home that somebody else looks after. */
function programAt(home: string, passphraseFile: string): Program {
  const config = join(home, 'config', 'config.json')
  const trust = join(home, 'notation')
  const asked: string[] = []
  const self: Program = {
    home,
    config,
    trust,
    asked,
    path: (...names) => join(home, ...names),
    async run(args, options = {}) {
      const stdout: Buffer[] = []
      const stderr: Buffer[] = []
      const terminal = options.answers && terminalOf(options.answers, asked)
      const interactive = terminal !== undefined
      const io: Io = {
        env: {
          SEALWRIGHT_CONFIG: config,
          NOTATION_CONFIG: trust,
          DOCKER_CONFIG: join(home, 'docker'),
          ...(interactive ? {} : { SEALWRIGHT_PASSPHRASE_FILE: passphraseFile }),
          ...options.env,
        },
        cwd: options.cwd ?? home,
        home: 'home' in options ? options.home : home,
        platform: 'linux',
        stdin: { isTerminal: interactive, read: () => once(options.stdin) },
        stdout: { ...sinkInto(stdout, options.columns !== undefined), columns: options.columns },
        stderr: sinkInto(stderr, interactive),
        openTerminal: async () => terminal,
        now: () => options.now ?? new Date(),
        signal: options.signal ?? new AbortController().signal,
      }
      const code = await run(options.program ?? sealwright, args, io)
      const result = {
        code,
        stdout: Buffer.concat(stdout).toString('utf8'),
        bytes: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }
      expect(result.stdout + result.stderr).not.toContain(CANARY)
      if (args.includes('json') && options.program === undefined) assertDocument(result)
      return result
    },
    async expect(code, args, options) {
      const result = await self.run(args, options)
      expect(result.code, `sealwright ${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(code)
      return result
    },
    async json(code, args, options) {
      const { stdout } = await self.expect(code, [...args, '-o', 'json'], options)
      return JSON.parse(stdout)
    },
  }
  return self
}

/** Exactly one document, of a published shape, with the exit code of the run. */
function assertDocument({ stdout, code }: Result): void {
  const document = JSON.parse(stdout)
  const name = /^sealwright\.(.+)\/1$/.exec(document.schema)?.[1] as keyof typeof documents
  expect(documents, document.schema).toHaveProperty([name])
  expect(() => documents[name].parse(document)).not.toThrow()
  expect(document.exitCode).toBe(code)
}

function terminalOf(answers: readonly string[], asked: string[]): Terminal {
  const left = [...answers]
  return {
    ask: async prompt => {
      asked.push(prompt)
      const answer = left.shift()
      if (answer === undefined) throw new Error(`nobody answers ${prompt}`)
      return answer
    },
  }
}

function sinkInto(chunks: Buffer[], isTerminal: boolean): Sink {
  return {
    isTerminal,
    write: data => void chunks.push(Buffer.from(data as string)),
    send: async data => void chunks.push(Buffer.from(data)),
  }
}

async function* once(data: string | Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (data !== undefined) yield Buffer.from(data as string)
}
