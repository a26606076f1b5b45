import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

const TEN = Array.from({ length: 10 }, (_, index) => index)
const CLEAR = ['--no-passphrase']

describe('runs at the same time', () => {
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
