import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mandocProgram } from '../../../../test/services/linters.ts'
import { run } from '../../../../test/services/run.ts'
import { need, onPath, type Skips } from '../../../../test/services/tool.ts'
import manifest from '../../package.json' with { type: 'json' }
import { generateManifest } from '../../src/generate-manifest/program.ts'
import { manPages } from '../../src/man/pages.ts'
import { callToRoff, escapeRoff, fill, markdownToRoff } from '../../src/man/roff.ts'
import { nv2 } from '../../src/nv2/program.ts'
import { sealwright } from '../../src/program/commands.ts'
import { EXIT } from '../../src/runtime/exit.ts'
import { program } from '../program.ts'

const guide = (name: string) =>
  readFile(join(import.meta.dirname, '../../../../docs/guides', `${name}.md`), 'utf8')
const pages = manPages(
  { configuration: await guide('configuration'), errors: await guide('errors') },
  '2026-11-30',
)
const names = [...pages.keys()]

/** Every command that the help lists: the program, and its words. */
const commands = [sealwright, nv2, generateManifest([])].flatMap(of =>
  of.commands.flatMap(entry =>
    'commands' in entry
      ? [{ of, words: [entry.name] }, ...entry.commands.map(spec => ({ of, words: [entry.name, spec.name] }))]
      : entry.hidden
        ? []
        : [{ of, words: [entry.name] }],
  ),
)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwright-man-'))
  for (const [name, text] of pages) await writeFile(join(folder, name), text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const mandoc = async (context: Skips) => need(context, await mandocProgram())

/** What a reader sees of a page, in one line. */
async function shown(context: Skips, file: string): Promise<string> {
  const { stdout, stderr } = await run(await mandoc(context), ['-Tutf8', '-Owidth=120', file])
  expect(stderr).toBe('')
  return plain(stdout).replace(/\s+/g, ' ')
}

/** Terminals of old show bold and italics by backspaces. */
function plain(text: string): string {
  return text.replace(/.[\b]/gu, '')
}

describe('the man pages', () => {
  it('are those that npm is told to install', () => {
    expect([...manifest.man].sort()).toEqual(names.map(name => `./dist/man/${name}`).sort())
  })

  it('are one for each program and each command', () => {
    const expected = commands.map(({ of, words }) => `${[of.name, ...words].join('-')}.1`)
    expect([...names].sort()).toEqual(['sealwright.1', 'nv2.1', ...expected].sort())
  })

  it.each(names)('%s has its sections, in ASCII', name => {
    const text = pages.get(name)!
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    expect(text).toContain(' 1 2026-11-30 "sealwright ')
    const found = [...text.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title)
    const all = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'ARGUMENTS', 'COMMANDS', 'OPTIONS', 'EXAMPLES']
    const always = ['EXIT STATUS', 'FILES', 'ENVIRONMENT', 'SEE ALSO']
    expect(found).toEqual([...all.filter(title => found.includes(title)), ...always])
    expect(found).toEqual(expect.arrayContaining(['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS']))
  })

  const subjects = [{ of: sealwright, words: [] }, { of: nv2, words: [] }, ...commands].map(
    ({ of, words }) => ({ of, words, page: `${[of.name, ...words].join('-')}.1` }),
  )

  it.for(subjects)('$page shows all that the help does', async ({ of, words, page }, context) => {
    const { stdout } = await (await program()).expect(0, [...words, '--help'], { program: of, columns: 9999 })
    const reads = await shown(context, join(folder, page))
    const [usage = ''] = stdout.split('\n', 1)
    expect(reads).toContain(withoutBrackets(usage.replace('Usage: ', 'SYNOPSIS ')))
    const items = [...stdout.matchAll(/^ {2}(-?\S.*?) {2,}(\S.*)$/gm)].filter(
      ([line]) => !/\bdocker gen/.test(line),
    )
    expect(items.length).toBeGreaterThan(0)
    for (const [, term = '', about = ''] of items) {
      const isCommand = !term.startsWith('-') && stdout.includes('\nCommands:\n') && term !== 'help [command]'
      const found = isCommand
        ? `${page.replace('.1', '')}-${term}(1)`
        : withoutBrackets(term.replace(' [command]', ''))
      expect(reads.toLowerCase()).toContain(`${found} ${about}`.toLowerCase())
    }
    const [, examples = ''] = stdout.split('\nExamples:\n')
    for (const example of examples.trim().split('\n'))
      expect(reads).toContain(example.trim().replace(/\s+/g, ' '))
  })

  it('name every exit code, variable and file', async context => {
    const reads = await shown(context, join(folder, 'sealwright.1'))
    const [, codes = '', files = '', variables = ''] = reads.split(
      / (?:EXIT STATUS|FILES|ENVIRONMENT|SEE ALSO) /,
    )
    for (const code of Object.values(EXIT)) expect(codes).toMatch(new RegExp(`(?:^|[ ,])${code}(?:,| [a-z])`))
    for (const path of [
      '~/.config/sealwright/config.json',
      '~/.config/notation/',
      '~/.cache/notation/crl/',
      'sealwright.json',
    ])
      expect(` ${files}`).toContain(` ${path} `)
    const [, table = ''] = (await guide('configuration')).split('\n| Variable | Meaning |\n')
    const named = [...table.split('\n\n', 1)[0]!.matchAll(/`([A-Z0-9_]{2,})`(?=[^|]* \|[^|]*\|$)/gm)].map(
      ([, name]) => name!,
    )
    expect(named.length).toBeGreaterThan(20)
    for (const name of named.filter(each => !each.startsWith('NV2_')))
      expect(` ${variables}`).toMatch(new RegExp(` ${name}[ ,]`))
    expect(await shown(context, join(folder, 'nv2.1'))).toMatch(/ENVIRONMENT .*NV2_USERNAME, NV2_PASSWORD/)
  })

  it('are clean for mandoc', async context => {
    const { code, stdout, stderr } = await run(await mandoc(context), ['-Tlint', ...names], { cwd: folder })
    expect(stdout + stderr).toBe('')
    expect(code).toBe(0)
  })

  it('are clean for groff', async context => {
    const groff = need(context, await onPath('groff'))
    const { code, stderr } = await run(groff, ['-man', '-ww', '-z', ...names], { cwd: folder })
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it.for(names)('%s is clean for man, and found by its name', async (name, context) => {
    const man = need(context, await onPath('man'))
    const whatis = need(context, await onPath('lexgrog'))
    const page = join(folder, name)
    const { code, stdout, stderr } = await run(man, ['--warnings', '-E', 'UTF-8', '-l', page])
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/\bSEE ALSO\n/)
    const found = await run(whatis, [page])
    expect(found.stdout).toMatch(new RegExp(`^${page}: "${name.replace(/\.1$/, '')} - .+"\n$`))
  })

  it('fail without the tables of the guides', () => {
    expect(() => manPages({ configuration: '', errors: '' }, '2026-11-30')).toThrow(/lacks the table/)
  })
})

/** As a call or an option is shown: italics stand for angle brackets. */
function withoutBrackets(text: string): string {
  return text.replace(/[<>]/g, '')
}

describe('roff', () => {
  const HOSTILE = [
    '.TH FAKE 1',
    "'br",
    '\\fBbold\\fR \\n(.x \\*[s] \\e \\\\',
    '--all -x - a\\-b',
    '"quoted" `command` \'single\' ^ ~',
    '…é\u{1f512} e\u0301',
    '\\" a comment',
    `${'word '.repeat(15)}.so /etc/passwd ${'.'.repeat(90)} 'x`,
  ]

  it.for(HOSTILE)('shows %j as it is', async (text, context) => {
    const file = join(folder, 'hostile')
    const body = ['.TH HOSTILE 1 2026-11-30', '.nh', '.ad l', '.SH NAME', 'hostile \\- text', '.SH TEXT']
    await writeFile(
      file,
      [...body, ...fill(escapeRoff(text)), '.TP', callToRoff(text), ...fill(markdownToRoff(text)), ''].join(
        '\n',
      ),
    )
    const [, reads = ''] = (await shown(context, file)).split('TEXT ')
    expect(reads).toContain(
      `${text.trim()} ${withoutBrackets(text).trim()} ${text.replaceAll('`', '').trim()} `,
    )
  })

  it('sets calls and Markdown in the fonts of man pages', () => {
    expect(callToRoff('-m, --metadata <key=value>')).toBe(
      '\\fB\\-m\\fR, \\fB\\-\\-metadata\\fR \\fIkey=value\\fR',
    )
    expect(callToRoff('sealwright key add [options] <name> [target...]')).toBe(
      '\\fBsealwright\\fR \\fBkey\\fR \\fBadd\\fR [\\fIoptions\\fR] \\fIname\\fR [\\fItarget\\fR\\&...]',
    )
    expect(markdownToRoff('as `--x`, [here](page.md#a)')).toBe('as \\fB\\-\\-x\\fR, here')
  })
})
