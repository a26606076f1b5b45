import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { program } from './program.ts'

const PROD = ['policy', 'init', '--name', 'prod', '--scope', 'registry.example/app', '--trust-store', 'ca:me']

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', 'registry.example/me'])
  return self
}

describe('policy init', () => {
  it('adds a statement once, and never changes one', async () => {
    const { json, expect: run, trust } = await ready()
    expect((await json(0, PROD)).changed).toBe(true)
    expect((await json(0, PROD)).changed).toBe(false)
    expect((await run(0, PROD)).stdout).toContain('nothing to do')
    const before = await readFile(join(trust, 'trustpolicy.json'), 'utf8')
    expect((await json(2, [...PROD, '--level', 'audit'])).error.message).toContain('another statement')
    await json(2, [
      'policy',
      'init',
      '--name',
      'other',
      '--scope',
      'registry.example/app',
      '--trust-store',
      'ca:me',
    ])
    expect(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).toBe(before)
    expect(JSON.parse(before).trustPolicies.map(({ name }: { name: string }) => name)).toEqual(['me', 'prod'])
  })

  it('goes on with the file that notation would read', async () => {
    const { json, trust } = await program()
    await mkdir(trust, { recursive: true })
    const statement = { name: 'old', registryScopes: ['*'], signatureVerification: { level: 'skip' } }
    await writeFile(
      join(trust, 'trustpolicy.json'),
      JSON.stringify({ version: '1.0', trustPolicies: [statement] }),
    )
    expect((await json(0, PROD)).file).toBe(join(trust, 'trustpolicy.json'))
    expect(JSON.parse(await readFile(join(trust, 'trustpolicy.json'), 'utf8')).trustPolicies).toHaveLength(2)
  })
})

describe('policy show', () => {
  it('says which statement applies and why the others do not', async () => {
    const { json, expect: run } = await ready()
    await json(0, PROD)
    const applies = (await json(0, ['policy', 'show', '--for', 'registry.example/app:v1'])).for
    expect(applies).toMatchObject({ statement: 'prod', others: [{ statement: 'me' }] })
    expect((await json(0, ['policy', 'show', '--for', 'registry.example/app'])).for.statement).toBe('prod')
    expect((await json(0, ['policy', 'show', '--for', 'oci:image:v1'])).for.statement).toBe(null)
    const { stdout } = await run(0, ['policy', 'show'])
    expect(stdout).toMatch(/statement {3}me[\s\S]*statement {3}prod/)
  })
})

describe('policy check', () => {
  it('finds no fault in what init made, and names expired and empty stores', async () => {
    const { json } = await ready()
    expect((await json(0, ['policy', 'check'])).policies[0].faults).toEqual([])
    const later = await json(0, ['policy', 'check'], { now: new Date(Date.now() + 400 * 86_400_000) })
    expect(later.policies[0].faults[0]).toMatchObject({ severity: 'warning' })
    await json(0, ['policy', 'init', '--name', 'x', '--scope', '*', '--trust-store', 'ca:nosuch'])
    expect((await json(1, ['policy', 'check'])).policies[0].faults[0].message).toContain('empty or missing')
  })

  it('names line and column, from a file or stdin', async () => {
    const { json, expect: run, path } = await ready()
    const text =
      '{\n  "version": "1.0",\n  "trustPolicies": [\n    { "name": "a", "registryScopes": ["x"] }\n  ]\n}\n'
    await writeFile(path('bad.json'), text)
    const { policies } = await json(1, ['policy', 'check', 'bad.json'])
    expect(policies[0].faults.some(({ line }: { line: number }) => line === 4)).toBe(true)
    expect((await run(1, ['policy', 'check', 'bad.json'])).stdout).toMatch(/^bad\.json:4:\d+: error: /m)
    await json(1, ['policy', 'check', '-'], { stdin: text })
  })

  it('a faulty policy stops verification with exit 2, and init before it writes', async () => {
    const { json, trust } = await ready()
    await writeFile(join(trust, 'trustpolicy.json'), '{"version":"2.0"}')
    await json(2, PROD)
    await json(2, ['init', 'other', '--scope', 'registry.example/other'])
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(1)
  })
})
