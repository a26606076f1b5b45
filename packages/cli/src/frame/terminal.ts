import { open } from 'node:fs/promises'
import { ReadStream } from 'node:tty'
import { SealwrightError } from '@sealwright/core'
import type { Terminal } from './io.ts'
import { usageError } from './usage.ts'

const INTERRUPT = '\u0003'
const END = '\u0004'
const BACKSPACE = new Set(['\u0008', '\u007f'])
const LONGEST = 4096

/** The terminal of this process, opened by its own name, so that a redirected stdin is never read for an answer. */
export async function openProcessTerminal(platform: NodeJS.Platform): Promise<Terminal | undefined> {
  const name = platform === 'win32' ? '\\\\.\\CONIN$' : '/dev/tty'
  const output = platform === 'win32' ? '\\\\.\\CONOUT$' : '/dev/tty'
  try {
    await (await open(name, 'r+')).close()
  } catch {
    return undefined
  }
  return { ask: (prompt, options) => ask(name, output, prompt, options) }
}

async function ask(
  name: string,
  output: string,
  prompt: string,
  options: { readonly secret: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const source = await open(name, 'r+')
  const sink = await open(output, 'r+')
  const input = new ReadStream(source.fd)
  const show = (text: string): void => void sink.write(text)
  try {
    // Before the question: the terminal itself would echo an answer that comes at once.
    input.setRawMode(true)
    await sink.write(prompt)
    return await readLine(input, options, show)
  } finally {
    input.setRawMode(false)
    await sink.write('\n')
    input.destroy()
    await sink.close()
  }
}

function readLine(
  input: ReadStream,
  { secret, signal }: { readonly secret: boolean; readonly signal: AbortSignal },
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
    input.setEncoding('utf8')
    input.on('data', (chunk: string) => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return stop()
        // A raw terminal sends the character in place of the signal.
        if (character === INTERRUPT || (character === END && typed.length === 0)) {
          process.kill(process.pid, 'SIGINT')
          return
        }
        if (BACKSPACE.has(character)) {
          if (typed.pop() !== undefined && !secret) show('\b \b')
        } else if (character >= ' ' && typed.length < LONGEST) {
          typed.push(character)
          if (!secret) show(character)
        }
      }
    })
    input.on('end', closed)
    input.on('error', closed)
  })
}
