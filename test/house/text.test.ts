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
  // In pieces, so that this file is no finding itself.
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
