import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from './image.ts'
import { CANARY, program } from './program.ts'

describe('questions', () => {
  it('init asks for a scope and, twice, for a passphrase; sign asks for it again', async () => {
    const { expect: run, asked, path } = await program()
    await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me'], { answers: ['registry.example/app', CANARY, CANARY] })
    expect(asked).toHaveLength(3)
    expect(asked[0]).toContain('which repository')
    expect(asked[1]).toContain('new passphrase')
    await run(0, ['sign', 'oci:image:v1'], { answers: [CANARY] })
    await run(5, ['sign', '--again', 'oci:image:v1'], { answers: ['wrong'] })
  })

  it('passphrases that differ make nothing', async () => {
    const { expect: run, json } = await program()
    const { stderr } = await run(2, ['init', 'me', '--scope', '*'], { answers: [CANARY, 'another'] })
    expect(stderr).toContain('the two passphrases differ')
    expect((await json(0, ['key', 'list'])).keys).toEqual([])
  })

  it('an empty passphrase generates one, shows it once on the terminal, and it opens the key', async () => {
    const { expect: run, asked, path } = await program()
    await makeLayout(path('image'), 'v1')
    const { stdout, stderr } = await run(0, ['init', 'me', '--scope', '*'], { answers: ['', ''] })
    const generated = /the passphrase is +(\S+)/.exec(asked.join('\n'))?.[1] as string
    expect(generated).toHaveLength(24)
    expect(stdout + stderr).not.toContain(generated)
    expect(await readFile(path('config', 'keys', 'me.key'), 'utf8')).toContain('ENCRYPTED')
    await run(0, ['sign', 'oci:image:v1'], { answers: [generated] })
  })

  it.each([
    ['CI is set', ['init', 'me'], { CI: '1' }],
    ['--no-input was given', ['init', 'me', '--no-input'], {}],
  ] as const)('are not asked when %s', async (why, args, env) => {
    const { expect: run, asked } = await program()
    const { stderr } = await run(2, args, { answers: ['x'], env })
    expect(asked).toEqual([])
    expect(stderr).toContain(why)
    expect(stderr).toContain('--scope')
  })

  it('are not asked when stdin is no terminal', async () => {
    const { expect: run } = await program()
    expect((await run(2, ['init', 'me'])).stderr).toContain('stdin is not a terminal')
  })
})
