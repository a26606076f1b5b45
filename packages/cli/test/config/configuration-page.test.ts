import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseProjectConfig } from '../../src/config/project-config.ts'
import { storePackages } from '../../src/config/store-packages.ts'
import { parseUserConfig } from '../../src/config/user-config.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/guides/configuration.md'), 'utf8')
const SOURCES = [join(import.meta.dirname, '../../src'), join(import.meta.dirname, '../../bin')]

/** What the tables under a heading name in their first column. */
function documented(heading: string): string[] {
  const [, below] = page.split(`\n${heading}\n`)
  expect(below, heading).toBeDefined()
  const [section] = below!.split(/\n##/)
  return [...section!.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  )
}

/** What the reader of a file takes where `config` has a member that nothing knows. */
function known(read: (bytes: Uint8Array, label: string) => unknown, config: object): string[] {
  try {
    read(Buffer.from(JSON.stringify(config)), 'config.json')
  } catch (error) {
    const names = /known here: (.+)$/.exec((error as { fix?: string }).fix ?? '')?.[1]
    expect(names, String(error)).toBeDefined()
    return names!.split(', ')
  }
  throw new Error('a member that nothing knows was taken')
}

const unknown = { unheardOf: true }
const VAULT = '@sealwright/provider-hashicorp-vault'

describe('the page on configuration names', () => {
  it("every setting of the user's file", () => {
    const top = known(parseUserConfig, unknown)
    const nested = ['sign', 'limits', 'revocation']
    const settings = top.flatMap(name =>
      nested.includes(name)
        ? known(parseUserConfig, { [name]: unknown }).map(each => `${name}.${each}`)
        : [name],
    )
    expect(documented("## The user's file, and the machine's").sort()).toEqual(settings.sort())
  })

  it('every setting of a registry', () => {
    expect(documented('## Registries').sort()).toEqual(
      known(parseUserConfig, { registries: { 'registry.example': unknown } }).sort(),
    )
  })

  it.each(storePackages)('every setting of $package', ({ package: name, settings }) => {
    const auth =
      name === VAULT ? ['auth', ...known(parseUserConfig, { providers: { [VAULT]: { auth: unknown } } })] : []
    expect(documented(`### \`${name}\``).sort()).toEqual([...Object.keys(settings), ...auth].sort())
  })

  it("every setting of the project's file", () => {
    expect(documented("## The project's file").sort()).toEqual(known(parseProjectConfig, unknown).sort())
  })

  it('every variable that the program reads, and no other', () => {
    const source = SOURCES.flatMap(folder =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter(file => /\.[jt]s$/.test(file))
        .map(file => readFileSync(join(folder, file), 'utf8')),
    ).join('\n')
    const read = [...source.matchAll(/\benv\.([A-Z][A-Z0-9_]+)/g)].map(([, name]) => name!)
    const named = documented('## Environment variables')
    expect(named).toEqual(expect.arrayContaining([...new Set(read)]))
    expect(named.filter(name => !source.includes(name))).toEqual([])
  })
})
