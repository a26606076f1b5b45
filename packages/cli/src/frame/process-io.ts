import { homedir } from 'node:os'
import { isatty } from 'node:tty'
import type { Interrupt, Io, Sink } from './io.ts'
import { openProcessTerminal } from './terminal.ts'

/** The {@link Io} of this process. The first SIGINT or SIGTERM aborts the calls in flight, a second one ends at once. */
export function processIo(): Io {
  const abort = new AbortController()
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(name, () => {
      if (abort.signal.aborted) process.exit(code)
      abort.abort({ interrupt: name } satisfies Interrupt)
    })
  }
  return {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    platform: process.platform,
    // `process.stdin` opens the stream when it is first touched; asking the descriptor does not.
    stdin: { isTerminal: isatty(0), read: () => process.stdin },
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    openTerminal: () => openProcessTerminal(process.platform),
    now: () => new Date(),
    signal: abort.signal,
  }
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  // A reader that went away (`| head`) is no fault of the run.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns
    },
    write: data => void stream.write(data),
  }
}
