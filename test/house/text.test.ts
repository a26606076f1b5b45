import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './workspace.ts'

const inGit = existsSync(join(root, '.git'))
const tracked = inGit
  ? execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
      .split('\0')
      .filter(path => path !== '' && existsSync(join(root, path)) && statSync(join(root, path)).isFile())
  : []

function findings(pattern: RegExp, files: readonly string[] = tracked): string[] {
  return files.flatMap(path =>
    readFileSync(join(root, path), 'latin1')
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${path}:${index + 1}: ${line.trim().slice(0, 160)}`] : [],
      ),
  )
}

it('names no folder of the machine it was written on', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  expect(findings(/(^|[^\w.:/-])\/(?:home|root|Users|work)\/\w/)).toEqual([])
})

it('names no package registry, not even in the lockfile', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  // In pieces, so that this file is not a finding itself.
  const hosts = ['npmjs', 'npmmirror', 'yarnpkg'].map(host => `registry\\.${host}`)
  expect(findings(new RegExp([...hosts, 'npm\\.pkg\\.github'].join('|')))).toEqual([])
})

it('leaves nothing for later in the sources', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  const marks = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X:'].map(mark => `\\b${mark}\\b`).join('|'))
  expect(findings(marks)).toEqual([])
})

it('links of the documents lead somewhere', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  const broken = tracked
    .filter(path => path.endsWith('.md') && !path.startsWith('.changeset/'))
    .flatMap(path => {
      const text = readFileSync(join(root, path), 'utf8').replace(/```[\s\S]*?```/g, '')
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target]) => target!.split('#')[0]!)
        .filter(target => target !== '' && !/^[a-z]+:/.test(target))
        .filter(target => !existsSync(join(root, dirname(path), target)))
        .map(target => `${path}: ${target}`)
    })
  expect(broken).toEqual([])
})

it('makes no file with a predictable name in a directory that others can write to', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  const programs = tracked.filter(path =>
    /^(?:packages\/[^/]+\/(?:src|bin)|scripts|examples)\/.*\.[mc]?[jt]s$/.test(path),
  )
  expect(programs.length).toBeGreaterThan(100)
  const withoutImports = findings(/\btmpdir\(\)|['"]\/tmp\b|\benv\.TMPDIR|enableCompileCache\(\)/, programs)
  expect(withoutImports.filter(line => !/\bmkdtemp(?:Sync)?\(join\(tmpdir\(\), /.test(line))).toEqual([])
})

/** What engineers do not say. It grows when a reader stumbles: a pattern, and what to write. */
const FOREIGN: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<!\bthere )\bis no (?!longer\b)/gi, 'is not a'],
  [/\bhas nothing to say\b/gi, 'has no effect'],
  [/\bover key\b/gi, 'for the key, or matches the key'],
  [/\banew\b/gi, 'again'],
  [/\blies beside\b/gi, 'is next to'],
  [/\bwhat came to\b/gi, 'name it'],
  [/\bso much of\b/gi, 'at most'],
  [/ say\)/gi, 'for example, or e.g.'],
]

/** Files that may have one of these words, and why. */
const EXCUSED: Readonly<Record<string, string>> = {
  'test/house/text.test.ts': 'has the list itself',
}

it('says it in the English of the field', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  const texts = tracked.filter(
    path =>
      /\.(?:[mc]?[jt]s|md|json|ya?ml|sh|c|py)$/.test(path) &&
      !/^docs\/api\/|^pnpm-lock|\/vectors\//.test(path),
  )
  expect(texts.length).toBeGreaterThan(500)
  const found = texts
    .filter(path => !(path in EXCUSED))
    .flatMap(path => {
      // A sentence that goes on in the next line is one line.
      const text = readFileSync(join(root, path), 'utf8').replace(/\s*\n\s*(?:\*|\/\/|#|>)?\s*/g, ' ')
      return FOREIGN.flatMap(([pattern, instead]) =>
        [...text.matchAll(pattern)].map(
          ({ index }) => `${path}: …${text.slice(Math.max(0, index - 40), index + 30)}… (${instead})`,
        ),
      )
    })
  expect(found).toEqual([])
  const unneeded = Object.keys(EXCUSED).filter(path => !tracked.includes(path))
  expect(unneeded, 'excuses for files that are gone').toEqual([])
})

it('gives commits and pages a title that fits into 72 characters', ctx => {
  if (!inGit) ctx.skip('this copy has no git')
  const pages = tracked
    .filter(path => path.endsWith('.md') && !path.startsWith('.changeset/') && !path.startsWith('docs/api/'))
    .map(path => `${path}: ${readFileSync(join(root, path), 'utf8').split('\n', 1)[0]!.replace(/^# /, '')}`)
  expect(pages.filter(line => line.length - line.indexOf(': ') - 2 > 72)).toEqual([])
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  // Earlier titles are longer, and history stays as it is.
  const since = 'af9749d34884857051214a5edfea09624a5b7f57'
  try {
    git('merge-base', '--is-ancestor', since, 'HEAD')
  } catch {
    ctx.skip('this clone has no history')
  }
  const titles = git('log', '--no-merges', '--format=%h %s', `${since}..HEAD`).split('\n')
  expect(titles.filter(line => line.length - line.indexOf(' ') - 1 > 72)).toEqual([])
})
