import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { CANARY, program } from '../program.ts'

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

  it('are not asked when stdin is not a terminal', async () => {
    const { expect: run } = await program()
    expect((await run(2, ['init', 'me'])).stderr).toContain('stdin is not a terminal')
  })
})
