import { describe, expect, it } from 'vitest'
import { shellCalls } from '../../../../test/shell-calls.ts'
import { commands as entries, sealwright } from '../../src/program/commands.ts'
import { parse } from '../../src/program/parse.ts'
import { program } from '../program.ts'

const specs = entries.flatMap(entry =>
  'commands' in entry
    ? entry.commands.map(spec => ({ words: [entry.name, spec.name], spec }))
    : [{ words: [entry.name], spec: entry }],
)
const table = specs.map(({ words, spec }) => [words.join(' '), spec, words] as const)

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
      entries.map(({ name }) => name),
    )
    const titles = [...sections(text).keys()].filter(title =>
      /^(Usage|Commands|Options|Global options)$/.test(title),
    )
    expect(titles).toEqual(['Usage', 'Commands', 'Options', 'Global options'])
  })

  it.each(entries.flatMap(entry => ('commands' in entry ? [entry] : [])))(
    'of $name names its commands, before the options',
    async ({ name, commands: own }) => {
      const { expect: run } = await program()
      const { stdout } = await run(0, ['help', name])
      expect((await run(0, [name, '--help'])).stdout).toBe(stdout)
      expect(stdout.indexOf('\nCommands:\n')).toBeLessThan(stdout.indexOf('\nGlobal options:\n'))
      for (const spec of own) expect(stdout).toMatch(new RegExp(`^  ${spec.name} {2,}`, 'm'))
    },
  )

  it.each(table)('of %s explains its arguments and lists what options take', async (_name, spec, words) => {
    const { expect: run } = await program()
    const { stdout } = await run(0, [...words, '--help'])
    expect((await run(0, ['help', ...words])).stdout).toBe(stdout)
    expect(stdout).toContain(`Usage: sealwright ${words.join(' ')}`)
    for (const [, argument] of (spec.args ?? '').matchAll(/[<[]([^\].>]+)/g))
      expect(sections(stdout).get('Arguments'), `about ${argument}`).toMatch(
        new RegExp(`^  ${argument!.replace('|', '\\|')} {2,}\\S`, 'm'),
      )
    for (const line of stdout.split('\n'))
      if (!line.startsWith('  sealwright') && !line.includes('| sealwright'))
        expect(line.length).toBeLessThanOrEqual(80)
  })

  it.each(table)('of %s has two examples that the parser takes', async (_name, spec) => {
    expect(spec.examples?.length ?? 0).toBeGreaterThanOrEqual(2)
    for (const example of spec.examples ?? []) {
      const calls = shellCalls(example)
      expect(calls, example).not.toEqual([])
      for (const call of calls) {
        const io = { env: {}, stdout: { isTerminal: false, write: () => {}, send: async () => {} } }
        const { name, load } = parse(sealwright, call, io)
        await expect(load(), example).resolves.toBeTypeOf('function')
        expect(example).toContain(name.replace('.', ' '))
      }
    }
  })
})
