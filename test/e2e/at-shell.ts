import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { need, onPath, type Skips } from '../services/tool.ts'

const GUIDE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'guides', 'install.md'), 'utf8')

/** The line by which the guide loads completion in a shell. */
function lineOfGuide(shell: string): string {
  const row = GUIDE.split('\n').find(line => line.startsWith(`| ${shell} |`))
  const line = /`([^`]*)` \|$/.exec(row ?? '')?.[1]
  if (line === undefined) throw new Error(`the guide does not say how ${shell} loads completion`)
  return line.replaceAll('\\|', '|')
}

/** The line by which the guide writes the script to a file. */
function fileOfGuide(shell: string): string {
  const line = GUIDE.split('\n').find(each => each.startsWith(`sealwright completion ${shell} > `))
  if (line === undefined) throw new Error(`the guide does not say which file ${shell} loads`)
  return line
}

/** No terminal shows it, and no echo of what is typed has it. */
const DONE = '\u001b_done\u001b\\'
const MARK = String.raw`\033_done\033\\`

const posix = (program: string) => `${program}() { printf '%s\\0' "$@" > "$HOME/words"; printf '${MARK}'; }; `
const ofFish = (program: string) =>
  `function ${program}; printf '%s\\0' $argv > $HOME/words; printf '${MARK}'; end; `

const POSIX_END = `${posix('sealwright')}${posix('nv2')}sealwright`
const FISH_END = `${ofFish('sealwright')}${ofFish('nv2')}sealwright`
const ZSH = { command: ['-f', '-i'], begin: 'bindkey -e; autoload -Uz compinit; ' }

/**
 * How shells are started without any file of the user, and what is typed at first: what loads completion as the guide says, and
 * functions in place of the programs, which write the words of a call to a file.
 */
const SHELLS = {
  bash: {
    command: ['--norc', '--noprofile', '-i'],
    start: `${lineOfGuide('bash')}; ${POSIX_END}`,
  },
  zsh: {
    command: ZSH.command,
    start: `${ZSH.begin}compinit -u -D; ${lineOfGuide('zsh')}; ${POSIX_END}`,
  },
  fish: { command: ['--no-config', '-i'], start: `${lineOfGuide('fish')}; ${FISH_END}` },
  'zsh, from a file,': {
    command: ZSH.command,
    start: `mkdir ~/.zfunc; ${fileOfGuide('zsh')}; fpath=(~/.zfunc $fpath); ${ZSH.begin}compinit -u -D; ${POSIX_END}`,
  },
  'fish, from a file,': {
    command: ['-i'],
    start: `mkdir -p ~/.config/fish/completions; ${fileOfGuide('fish')}; ${FISH_END}`,
  },
} as const

export type ShellKind = keyof typeof SHELLS

export interface AtShell {
  /** Types keys, of which `\t` completes, then Enter; returns the words that the shell called the program with. */
  call(keys: string): Promise<string[]>
  /** Types keys, after which the terminal shows all of `texts`. The line stays: the last that is done at a shell. */
  list(keys: string, texts: readonly string[]): Promise<void>
}

/**
 * Starts an interactive shell at a terminal of its own. The real program completes; a call of it is one of a function, so that
 * the words are those that the shell itself reads from the completed line.
 */
export async function atShell(
  context: Skips,
  kind: ShellKind,
  path: string,
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv & { readonly HOME: string } },
): Promise<AtShell> {
  const script = need(context, await onPath('script'))
  if (process.platform !== 'linux') context.skip('script (util-linux) is not installed')
  const { command, start } = SHELLS[kind]
  const child = spawn(
    script,
    ['-qefc', `stty cols 200 rows 60; exec ${path} ${command.join(' ')}`, '/dev/null'],
    { cwd, env },
  )
  let seen = ''
  let wake = () => {}
  child.stdout.on('data', chunk => {
    seen += chunk
    wake()
  })
  child.on('close', () => {
    seen += '\nthe shell has ended\n'
    wake()
  })
  onTestFinished(() => void child.kill('SIGKILL'))

  /** Types keys, and waits until the terminal shows what `isThere` looks for. */
  const typed = async (keys: string, isThere: (shown: string) => boolean): Promise<void> => {
    seen = ''
    child.stdin.write(keys)
    const ends = Date.now() + 60_000
    while (!isThere(seen)) {
      if (Date.now() > ends || seen.includes('the shell has ended'))
        throw new Error(`${kind}, after ${JSON.stringify(keys)}, shows ${JSON.stringify(seen)}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1000)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  const call = async (keys: string) => {
    const file = join(env.HOME, 'words')
    await rm(file, { force: true })
    await typed(`${keys}\n`, shown => shown.includes(DONE))
    return (await readFile(file, 'utf8')).split('\0').slice(0, -1)
  }
  await call(start)
  return { call, list: (keys, texts) => typed(keys, shown => texts.every(text => shown.includes(text))) }
}
