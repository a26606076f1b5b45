import { describe, expect, it } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { program } from '../program.ts'

describe('version', () => {
  it('prints the versions of the program, of Node and of OpenSSL', async () => {
    const { expect: run, json } = await program()
    const { node, openssl } = process.versions
    expect((await run(0, ['version'])).stdout).toBe(
      `sealwright ${manifest.version}\nnode ${node}\nopenssl ${openssl}\n`,
    )
    expect(await json(0, ['version'])).toMatchObject({ version: manifest.version })
  })

  it.each([['--version'], ['-V'], ['-V', '-o', 'json'], ['-o', 'json', '--version']])(
    '%s %s %s prints the version',
    async (...args) => {
      const { expect: run } = await program()
      expect((await run(0, args)).stdout).toBe(
        (await run(0, ['version', ...args.filter(word => !/version|V/.test(word))])).stdout,
      )
    },
  )
})
