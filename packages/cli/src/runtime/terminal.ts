import { closeSync, fstatSync, openSync, writeSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { stripVTControlCharacters } from 'node:util'
import { SealwrightError } from '@sealwright/core'
import type { Terminal } from './io.ts'
import { usageError } from './usage.ts'

const INTERRUPT = '\u0003'
const END = '\u0004'
const ERASE_LINE = '\u0015'
const BACKSPACE = new Set(['\u0008', '\u007f'])
const MAX_LENGTH = 4096

interface AskOptions {
  readonly secret: boolean
  readonly signal: AbortSignal
}

/** Opens the terminal of this process by its own name, so that a redirected stdin is never read for an answer. */
export async function openProcessTerminal(platform: NodeJS.Platform): Promise<Terminal | undefined> {
  const input = platform === 'win32' ? '\\\\.\\CONIN$' : '/dev/tty'
  const output = platform === 'win32' ? '\\\\.\\CONOUT$' : '/dev/tty'
  try {
    closeSync(openSync(input, 'r+'))
  } catch {
    return undefined
  }
  return { ask: (prompt, options) => ask(input, output, prompt, options) }
}

async function ask(name: string, output: string, prompt: string, options: AskOptions): Promise<string> {
  const sink = openSync(output, 'r+')
  const show = (text: string): void => void writeSync(sink, text)
  try {
    return await withRawInput(name, async input => {
      // Raw mode comes first: the terminal itself would echo an answer that is typed at once.
      show(prompt)
      return await readLine(input, options, show)
    })
  } finally {
    show('\n')
    closeSync(sink)
  }
}

/** Runs `task` while the terminal is in raw mode, and gives the terminal back as it was. */
async function withRawInput<T>(name: string, task: (input: ReadStream) => Promise<T>): Promise<T> {
  const descriptor = openSync(name, 'r+')
  const { rdev } = fstatSync(descriptor)
  const input = new ReadStream(descriptor)
  // A terminal that was hung up says so by an event, also when its mode is set.
  input.on('error', () => {})
  try {
    input.setRawMode(true)
    return await task(input)
  } finally {
    input.setRawMode(false)
    input.destroy()
    closeIfOpen(descriptor, rdev)
  }
}

/**
 * Closes a descriptor that a stream was made of. On most systems libuv reads from a duplicate and leaves ours open;
 * elsewhere the stream has closed it, and its number may be that of another file already.
 */
function closeIfOpen(descriptor: number, rdev: number): void {
  let isOurs: boolean
  try {
    const stats = fstatSync(descriptor)
    isOurs = stats.isCharacterDevice() && stats.rdev === rdev
  } catch {
    return
  }
  if (isOurs) closeSync(descriptor)
}

function readLine(
  input: ReadStream,
  { secret, signal }: AskOptions,
  show: (text: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: string[] = []
    const stop = (error?: SealwrightError): void => {
      signal.removeEventListener('abort', abort)
      input.removeAllListeners('data')
      if (error) reject(error)
      else resolve(typed.join(''))
    }
    const abort = (): void => stop(new SealwrightError('ABORTED', 'interrupted'))
    const closed = (): void =>
      stop(usageError('the terminal was closed before the answer', { fix: 'run the command again' }))
    signal.addEventListener('abort', abort)
    if (signal.aborted) return abort()
    const erase = (): void => {
      if (typed.pop() !== undefined && !secret) show('\b \b')
    }
    input.setEncoding('utf8')
    input.on('data', (chunk: string) => {
      // What arrow keys and the like send does not belong to an answer.
      for (const character of stripVTControlCharacters(chunk)) {
        if (character === '\r' || character === '\n') return stop()
        // A raw terminal sends the character in place of the signal.
        if (character === INTERRUPT || (character === END && typed.length === 0)) {
          process.kill(process.pid, 'SIGINT')
          return
        }
        if (BACKSPACE.has(character)) erase()
        else if (character === ERASE_LINE) while (typed.length > 0) erase()
        else if (character >= ' ' && typed.length < MAX_LENGTH) {
          typed.push(character)
          if (!secret) show(character)
        }
      }
    })
    input.on('end', closed)
    input.on('error', closed)
  })
}
