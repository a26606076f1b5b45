import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sealwright, commands as sealwrightCommands } from '../../packages/cli/src/program/commands.ts'
import { parse } from '../../packages/cli/src/program/parse.ts'
import { shellCalls } from '../shell-calls.ts'
import { packages } from './workspace.ts'

/** A word that a shell would take apart, run or expand, if it were not quoted. */
const HOSTILE = `'it is;$(HOME) & "x" <y>'`

const commands = sealwrightCommands.map(({ name }) => name).join('|')

/** One command that the sources print for people to paste, with hostile words in its holes. */
interface Printed {
  readonly text: string
  /** Whether it stands alone, and not between backticks in a sentence. */
  readonly isWhole: boolean
}

/** Every `sealwright …` in a text of the sources: to the end of the text, or of its backticks. */
function printedCommands(): Printed[] {
  return packages.flatMap(({ folder }) =>
    readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
      // Examples of commands have a test of their own.
      .filter(name => name.endsWith('.ts') && !/commands\/.*\/spec\.ts$|program\/commands\.ts$/.test(name))
      .flatMap(name => {
        const file = join(folder, 'src', name)
        return textsOf(readFileSync(file, 'utf8')).flatMap(text =>
          [
            ...text.matchAll(
              new RegExp(`(\`?)(sealwright (?:(?:${commands})\\b|\\$\\{command\\}).*)$`, 'gs'),
            ),
          ].map(([, tick, command]) => ({
            text: tick === '' ? command! : command!.split('`', 1)[0]!,
            isWhole: tick === '',
          })),
        )
      }),
  )
}

/** The texts of a source, without comments; what is quoted for a shell in them is a hostile word. */
function textsOf(source: string): string[] {
  const code = source
    .replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
    .replace(/\$\{shellQuote\((?:[^()`]|\([^()]*\)|`[^`]*`)*\)\}/g, '@QUOTED@')
  const texts = code.match(/`(?:[^`\\]|\\.)*`|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/gs) ?? []
  return texts.map(text => text.slice(1, -1).replaceAll('\\`', '`').replaceAll('@QUOTED@', HOSTILE))
}

describe('a command that is printed', () => {
  const printed = printedCommands()

  it('is found in the sources', () => expect(printed.length).toBeGreaterThan(60))

  it.each(printed.map(({ text, isWhole }) => [text, isWhole] as const))('%s', accepted)
})

/** What else may stand in a command: words of our own. */
const HOLES: Readonly<Record<string, string>> = {
  '${command} KEY': 'cert request KEY',
  '${command}': 'sign',
  '${flag}': '--scope registry.example/app',
  '${stores}': ' --add-store ca:acme',
  '${applies}': '--name files --statement-for-files --global',
  '${whom}': '--trust-store ca:acme --trusted-identity DN',
  '${within}': ' --trust DIR',
  '${trustFlag(directory)}': ' --trust DIR',
  '${validity}': ' --expiry 365d',
}

async function accepted(text: string, isWhole: boolean): Promise<void> {
  const line = Object.entries(HOLES).reduce((filled, [hole, words]) => filled.replaceAll(hole, words), text)
  expect(line, 'what is put into it is quoted for a shell').not.toContain('${')
  const calls = shellCalls(line)
  expect(calls).toHaveLength(1)
  const [args] = calls as [string[]]
  // In a sentence the name of a command may stand alone.
  if (!isWhole && args.length <= 2) args.push('--help')
  const { load } = parse(sealwright, args, {
    env: {},
    stdout: { isTerminal: false, write: () => {}, send: async () => {} },
  })
  await expect(load()).resolves.toBeTypeOf('function')
}
