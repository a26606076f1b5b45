import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { run } from '../services/run.ts'
import { onPath, type Skips } from '../services/tool.ts'

/** One question that is expected, and what is typed when it has been asked. */
export interface Typed {
  readonly at: RegExp
  readonly type: string
}

interface Session {
  readonly code: number
  /** What the terminal showed: questions, and all of stderr; lines that were taken away again are not in it. */
  readonly lines: readonly string[]
  readonly stdout: string
  /** Whether the terminal echoed when each question was asked. */
  readonly echoed: readonly boolean[]
  /** Whether the terminal's settings at the end are those of the beginning. */
  readonly isRestored: boolean
}

/**
 * Runs a program at a terminal of its own, 100 columns wide, with stdout going to a file. Stops waiting after a minute.
 */
export async function atTerminal(
  context: Skips,
  command: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  answers: readonly Typed[],
): Promise<Session> {
  const script = await onPath('script')
  if ('missing' in script || process.platform !== 'linux')
    context.skip('script (util-linux) is not installed')
  const file = (name: string) => join(cwd, `terminal-${name}`)
  const steps = [
    'stty cols 100 rows 40',
    `tty > ${quoted(file('name'))}`,
    `stty -g > ${quoted(file('before'))}`,
    `${command.map(quoted).join(' ')} > ${quoted(file('stdout'))}`,
    `echo $? > ${quoted(file('code'))}`,
    `stty -g > ${quoted(file('after'))}`,
  ]
  const child = spawn('script', ['-qefc', steps.join('\n'), '/dev/null'], { cwd, env, timeout: 60_000 })
  let seen = ''
  let answered = ''
  const echoed: boolean[] = []
  const left = [...answers]
  let work = Promise.resolve()
  const answer = async (): Promise<void> => {
    const next = left[0]
    if (next === undefined || !next.at.test(seen.slice(answered.length))) return
    left.shift()
    answered = seen
    const terminal = (await readFile(file('name'), 'utf8')).trim()
    const { stdout } = await run('stty', ['-a', '-F', terminal])
    echoed.push(/(?:^|\s)echo\b/.test(stdout))
    child.stdin.write(next.type)
  }
  child.stdout.on('data', chunk => {
    seen += chunk
    work = work.then(answer)
  })
  await once(child, 'close')
  await work
  const text = async (name: string) => {
    const content = await readFile(file(name), 'utf8').catch(() => '')
    await rm(file(name), { force: true })
    return content
  }
  return {
    code: Number(await text('code')),
    lines: shownLines(seen),
    stdout: await text('stdout'),
    echoed,
    isRestored: (await text('after')) === (await text('before')),
  }
}

/** What is left on the screen: a status line clears its own line, and colours are no text. */
function shownLines(seen: string): string[] {
  return seen
    .split(/\r?\n/)
    .map(line => stripVTControlCharacters(line.split('\r\u001b[2K').at(-1)!))
    .filter(line => line !== '')
}

/** A word for a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
