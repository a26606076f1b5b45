import { SealwrightError } from '@sealwright/core'
import type { Interrupt, Io, Sink } from './io.ts'

/** How long a run that was interrupted may take to end, whatever it still waits for. */
const GRACE_MS = 5_000

// `process.getBuiltinModule` instead of imports: what a run does not touch costs it nothing, and a start is short.
const builtin = <const Name extends 'node:fs' | 'node:os' | 'node:path' | 'node:tty'>(name: Name) =>
  process.getBuiltinModule(name)

/** The {@link Io} of this process. The first SIGINT or SIGTERM aborts the calls in flight, a second one ends at once. */
export function processIo(): Io {
  let abort: AbortController | undefined
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (abort === undefined || abort.signal.aborted) process.exit(code)
      abort.abort({ interrupt: name } satisfies Interrupt)
      setTimeout(() => process.exit(code), GRACE_MS).unref()
    })
  }
  return {
    env: process.env,
    get cwd() {
      return workingDirectory()
    },
    get home() {
      return homeDirectory()
    },
    platform: process.platform,
    stdin: {
      get isTerminal() {
        return isTerminal(0)
      },
      read: () => process.stdin,
    },
    stdout: sinkOf(1, () => process.stdout.columns),
    stderr: sinkOf(2, () => process.stderr.columns),
    openTerminal: async () => (await import('./terminal.ts')).openProcessTerminal(process.platform),
    now: () => new Date(),
    get signal() {
      abort ??= new AbortController()
      return abort.signal
    },
  }
}

/** What HOME says, else what the system knows of the user; a user without an entry in its list has no home. */
function homeDirectory(): string | undefined {
  try {
    const home = builtin('node:os').homedir()
    return builtin('node:path').isAbsolute(home) ? home : undefined
  } catch {
    return undefined
  }
}

function workingDirectory(): string {
  try {
    return process.cwd()
  } catch (cause) {
    throw new SealwrightError('NOT_FOUND', 'the working directory does not exist any more', {
      why: 'it was removed, or this user may not see it',
      fix: 'change to another directory',
      cause,
    })
  }
}

/** Loading `node:tty` takes longer than asking the file system first, which says no for files and pipes. */
function isTerminal(descriptor: number): boolean {
  try {
    return (
      builtin('node:fs').fstatSync(descriptor).isCharacterDevice() && builtin('node:tty').isatty(descriptor)
    )
  } catch {
    return false
  }
}

function sinkOf(descriptor: 1 | 2, columns: () => number | undefined): Sink {
  return {
    get isTerminal() {
      return isTerminal(descriptor)
    },
    get columns() {
      return isTerminal(descriptor) ? columns() : undefined
    },
    write: data => writeWhole(descriptor, typeof data === 'string' ? Buffer.from(data) : data),
    send: async data => (await import('./send-whole.ts')).sendWhole(descriptor, data),
  }
}

/** Writes all of it before it returns: nothing is lost when the process ends, or is ended, right after. */
function writeWhole(descriptor: 1 | 2, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.byteLength; ) {
    try {
      written += builtin('node:fs').writeSync(descriptor, bytes, written)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // A reader that went away (`| head`) does not fail the run.
      if (code === 'EPIPE') return
      // The reader is slower than we are, on a pipe that its maker set to be non-blocking.
      if (code !== 'EAGAIN') {
        // Nobody can be told of it.
        if (descriptor === 2) return
        throw stdoutFailure(error)
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

/** What to say where stdout takes nothing more. */
export function stdoutFailure(cause: unknown): SealwrightError {
  const { code } = cause as NodeJS.ErrnoException
  return new SealwrightError('UNAVAILABLE', 'cannot write to stdout', {
    why: code === 'ENOSPC' ? 'the disk is full' : `the operating system reports ${code}`,
    fix: 'check the destination of stdout, and that there is space',
    cause,
  })
}
