import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

const SECRET = 's3cr3t-canary'

describe('a reference', () => {
  it.each([
    ['verify', `bot:${SECRET}@registry.example/app:v1`],
    ['sign', `https://bot:${SECRET}@registry.example/app:v1`],
    ['list', `bot:${SECRET}@registry.example/app`],
    ['inspect', `bot:x/${SECRET}@registry.example/app:v1`],
    ['doctor', `bot:${SECRET}@registry.example/app:v1`],
    ['login', `https://bot:${SECRET}@registry.example`],
    ['login', `bot:${SECRET}@registry.example`],
    ['delete', '--all', `bot:${SECRET}@registry.example/app:v1`],
    ['copy', `bot:${SECRET}@registry.example/app:v1`, 'oci:copied'],
    ['copy', 'oci:source:v1', `bot:${SECRET}@registry.example/app:v1`],
    ['verify', '--signatures-in', `bot:${SECRET}@registry.example/app`, 'registry.example/app:v1'],
  ])('%s does not repeat a password that stands in %s', async (...args) => {
    const self = await program()
    for (const output of ['text', 'json']) {
      const { code, stdout, stderr } = await self.run([...args, '-o', output])
      expect(code).toBe(2)
      expect(stdout + stderr).not.toContain(SECRET)
    }
  })

  it('with a scheme is explained, and the fix is one that works', async () => {
    const { json } = await program()
    for (const [text, fix] of [
      ['https://registry.example/app:v1', 'sealwright list registry.example/app:v1'],
      ['docker://registry.example/app:v1', 'sealwright list registry.example/app:v1'],
      ['bot:x@registry.example/app:v1', 'sealwright list registry.example/app:v1'],
    ]) {
      const { error } = await json(2, ['list', text!])
      expect(error.fix).toBe(fix)
      expect(error.why).toMatch(/has no (scheme|user name)/)
    }
  })

  it('says the host in its one spelling, for flags and configuration too', async () => {
    const { json, config } = await program()
    const { error } = await json(2, [
      'list',
      '--plain-http',
      'Other.example:443',
      'registry.example:443/app:v1',
    ])
    expect(error.why).toContain('registry.example')
    expect(error.why).not.toContain(':443')
    expect(config).toBeDefined()
  })
})

it.each(['awskms:///alias/release', 'hashivault://release', 'pkcs11:token=t;object=k?pin-value=1234'])(
  'a key is not a target: %s',
  async key => {
    const { json } = await program()
    const { error } = await json(2, ['sign', key])
    expect(error.fix).toContain('the key goes with -k KEY')
    expect(JSON.stringify(error)).not.toContain('1234')
  },
)

it('an alias of AWS KMS is told its scheme', async () => {
  const { json } = await program()
  expect((await json(2, ['key', 'show', 'alias/release'])).error.fix).toBe('write awskms:///alias/release')
})
