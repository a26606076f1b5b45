import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { program } from './program.ts'

const TEN = Array.from({ length: 10 }, (_, index) => index)
const CLEAR = ['--no-passphrase']

describe('runs at the same time', () => {
  it('init under ten names loses neither a key nor trust in it', async () => {
    const { json, trust, path, expect: run } = await program()
    await Promise.all(
      TEN.map(at => run(0, ['init', `n${at}`, '--scope', `registry.example/n${at}`, ...CLEAR])),
    )
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(10)
    const policy = JSON.parse(await readFile(`${trust}/trustpolicy.json`, 'utf8'))
    expect(policy.trustPolicies.map(({ name }: { name: string }) => name).sort()).toEqual(
      TEN.map(at => `n${at}`),
    )
    const left = [...(await readdir(path('config'))), ...(await readdir(trust))]
    expect(left.filter(name => name.endsWith('.lock'))).toEqual([])
  })

  it('init under one name makes one key and one certificate, and is well each time', async () => {
    const { json, trust } = await program()
    const made = await Promise.all(
      TEN.map(() => json(0, ['init', 'vendor', '--scope', 'registry.example/app', ...CLEAR])),
    )
    expect(made.filter(({ changed }) => changed)).toHaveLength(1)
    expect(new Set(made.map(({ certificate }) => certificate.fingerprint)).size).toBe(1)
    expect(await readdir(`${trust}/truststore/x509/ca/vendor`)).toHaveLength(1)
  })

  it('policy init and key add lose nothing of each other', async () => {
    const { json, trust, expect: run } = await program()
    await run(0, ['key', 'create', 'file:./a.key', ...CLEAR])
    await Promise.all(
      TEN.flatMap(at => [
        run(0, ['key', 'add', `k${at}`, 'file:./a.key']),
        run(0, [
          'policy',
          'init',
          '--name',
          `p${at}`,
          '--scope',
          `registry.example/p${at}`,
          '--trust-store',
          'ca:x',
          '--trusted-identity',
          '*',
        ]),
      ]),
    )
    expect((await json(0, ['key', 'list'])).keys).toHaveLength(10)
    const policy = JSON.parse(await readFile(`${trust}/trustpolicy.json`, 'utf8'))
    expect(policy.trustPolicies).toHaveLength(10)
  })
})
