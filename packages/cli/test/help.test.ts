import { describe, expect, it } from 'vitest'
import { shellCalls } from '../../../test/shell-calls.ts'
import { parseArguments } from '../src/program/parse.ts'
import { tree } from '../src/program/tree.ts'
import { program } from './program.ts'

const leaves = tree.flatMap(entry =>
  'leaves' in entry
    ? entry.leaves.map(leaf => ({ words: [entry.name, leaf.name], leaf }))
    : [{ words: [entry.name], leaf: entry }],
)
const commands = leaves.map(({ words, leaf }) => [words.join(' '), leaf, words] as const)

/** The sections of a help text by their titles. */
function sections(text: string): Map<string, string> {
  const parts = text
    .split(/^(?=\S.*:(?: |$))/m)
    .map(part => part.split(/:\s/, 1).concat(part) as [string, string])
  return new Map(parts)
}

describe('the help', () => {
  it('of the program names every command, before the options', async () => {
    const { json } = await program()
    const { text } = await json(0, ['help'])
    expect([...text.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(match => match[1])).toEqual(
      tree.map(({ name }) => name),
    )
    const titles = [...sections(text).keys()].filter(title =>
      /^(Usage|Commands|Options|Global options)$/.test(title),
    )
    expect(titles).toEqual(['Usage', 'Commands', 'Options', 'Global options'])
  })

  it.each(tree.flatMap(entry => ('leaves' in entry ? [entry] : [])))(
    'of $name names its commands, before the options',
    async ({ name, leaves: own }) => {
      const { expect: run } = await program()
      const { stdout } = await run(0, ['help', name])
      expect((await run(0, [name, '--help'])).stdout).toBe(stdout)
      expect(stdout.indexOf('\nCommands:\n')).toBeLessThan(stdout.indexOf('\nGlobal options:\n'))
      for (const leaf of own) expect(stdout).toMatch(new RegExp(`^  ${leaf.name} {2,}`, 'm'))
    },
  )

  it.each(commands)(
    'of %s explains its arguments and lists what options take',
    async (_name, leaf, words) => {
      const { expect: run } = await program()
      const { stdout } = await run(0, [...words, '--help'])
      expect((await run(0, ['help', ...words])).stdout).toBe(stdout)
      expect(stdout).toContain(`Usage: sealwright ${words.join(' ')}`)
      for (const [, argument] of (leaf.args ?? '').matchAll(/[<[]([^\].>]+)/g))
        expect(sections(stdout).get('Arguments'), `about ${argument}`).toMatch(
          new RegExp(`^  ${argument!.replace('|', '\\|')} {2,}\\S`, 'm'),
        )
      for (const line of stdout.split('\n'))
        if (!line.startsWith('  sealwright') && !line.includes('| sealwright'))
          expect(line.length).toBeLessThanOrEqual(80)
    },
  )

  it.each(commands)('of %s has two examples that the parser takes', async (_name, leaf) => {
    expect(leaf.examples?.length ?? 0).toBeGreaterThanOrEqual(2)
    for (const example of leaf.examples ?? []) {
      const calls = shellCalls(example)
      expect(calls, example).not.toEqual([])
      for (const call of calls) {
        const io = { env: {}, stdout: { isTerminal: false, write: () => {}, send: async () => {} } }
        const { name, load } = parseArguments(call, io)
        await expect(load(), example).resolves.toBeTypeOf('function')
        expect(example).toContain(name.replace('.', ' '))
      }
    }
  })
})
