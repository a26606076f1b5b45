import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { libraries, packages, root } from './workspace.ts'

describe.each(packages)('$name', ({ folder, manifest }) => {
  it('has a README and is published with its licence', () => {
    expect(existsSync(join(folder, 'README.md'))).toBe(true)
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      type: 'module',
      publishConfig: { access: 'public', provenance: true },
      files: expect.arrayContaining(['README.md', 'LICENSE']),
    })
  })

  it('pins every dependency to one version', () => {
    const { dependencies, optionalDependencies, devDependencies } = manifest
    const pinned = { ...dependencies, ...optionalDependencies, ...devDependencies }
    const loose = Object.entries(pinned).filter(([, range]) => !/^\d+\.\d+\.\d+$|^workspace:\*$/.test(range))
    expect(loose).toEqual([])
  })
})

describe.each(libraries)('$name', ({ folder, manifest }) => {
  const entries = Object.entries(manifest.exports!)

  it('executes nothing on import, as it tells bundlers', () => {
    expect(manifest.sideEffects).toBe(false)
  })

  it('exports sources in the workspace and the same subpaths, built, when packed', () => {
    for (const [subpath, { '@sealwright/source': source, ...built }] of entries) {
      expect(existsSync(join(folder, source!)), `${subpath}: ${source}`).toBe(true)
      const stem = source!.replace('./src/', './dist/').replace(/\.ts$/, '')
      expect(built).toEqual({ types: `${stem}.d.ts`, default: `${stem}.js` })
      expect(manifest.publishConfig.exports?.[subpath]).toEqual(built)
    }
    expect(Object.keys(manifest.publishConfig.exports!)).toEqual(Object.keys(manifest.exports!))
  })

  it('documents every subpath in its README', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8')
    for (const [subpath] of entries) expect(readme).toContain(`\`${manifest.name}${subpath.slice(1)}\``)
  })
})

it('every package is in the table of the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  for (const { name } of packages) expect(readme).toContain(`[\`${name}\`](packages/`)
})

it('the scripts and the workspace name one version of pnpm', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devEngines: { packageManager: { name: string; version: string } }
  }
  const { name, version } = manifest.devEngines.packageManager
  expect(readFileSync(join(root, 'scripts', 'workspace.mjs'), 'utf8')).toContain(`'${name}@${version}'`)
})
