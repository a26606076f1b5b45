import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { Check } from '../../src/commands/doctor/document.ts'
import { isIn } from '../../src/commands/doctor/machine.ts'
import { program } from '../program.ts'
import { awsProgram, REGION } from '../stores.ts'

const DAY_MS = 86_400_000

function faultsOf(checks: readonly Check[]): string[] {
  return checks.filter(({ outcome }) => outcome === 'fault').map(({ check }) => check)
}

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', '*'])
  return self
}

describe('doctor', () => {
  it('finds nothing on a machine where all is well, before and after init', async () => {
    const { json } = await program()
    expect(faultsOf((await json(0, ['doctor'])).checks)).toEqual([])
    const after = await (await ready()).json(0, ['doctor'])
    expect(after.checks.map(({ check }: Check) => check)).toEqual(
      expect.arrayContaining(['node', 'configuration', 'files', 'trust', 'policy', 'providers', 'clock']),
    )
  })

  it.each([undefined, '/dev/null', '/nowhere'])('finds no fault where the home is %s', async home => {
    const { json } = await program()
    const env = { SEALWRIGHT_CONFIG: undefined, NOTATION_CONFIG: undefined }
    const { checks } = await json(0, ['doctor'], { home, env })
    expect(faultsOf(checks)).toEqual([])
    expect(checks).toContainEqual({
      check: 'trust',
      outcome: 'ok',
      fix: null,
      detail: 'no certificate is trusted',
    })
  })

  it('tells what says each value', async () => {
    const { json, config, path } = await ready()
    await writeFile(path('sealwright.json'), '{"format":"cose"}')
    const { settings } = await json(0, ['doctor', '--timeout', '5s'], {
      env: { SEALWRIGHT_KEY: 'me', HTTPS_PROXY: 'http://user:hunter2@proxy:1', VAULT_TOKEN: 'hunter2' },
    })
    const origins = Object.fromEntries(
      settings.map(({ name, value, origin }: Record<string, string>) => [name, [value, origin]]),
    )
    expect(origins).toMatchObject({
      key: ['me', 'SEALWRIGHT_KEY'],
      format: ['cose', path('sealwright.json')],
      config: [config, 'SEALWRIGHT_CONFIG'],
      trust: [path('notation'), 'NOTATION_CONFIG'],
      'limits.timeout': ['5s', '--timeout'],
      'sign.requireDigest': ['false', 'default'],
    })
    expect(JSON.stringify(settings)).not.toContain('hunter2')
  })

  it('finds files that others can read or change', async () => {
    const { json, path, trust } = await ready()
    await chmod(path('config', 'keys', 'me.key'), 0o644)
    await chmod(`${trust}/trustpolicy.json`, 0o666)
    const { checks } = await json(1, ['doctor'])
    const details = checks.filter(({ check }: Check) => check === 'files').map(({ detail }: Check) => detail)
    expect(details.join('\n')).toMatch(/read the key file .*me\.key/)
    expect(details.join('\n')).toMatch(/change .*trustpolicy\.json/)
  })

  it.each([
    ['a configuration', 'config/config.json', '{"nonsense":1}', 'configuration'],
    ['a lock', 'config/keys.lock.json', '{}', 'lock'],
    ['a policy', 'notation/trustpolicy.json', '{"version":"9"}', 'policy'],
    ['a trusted certificate', 'notation/truststore/x509/ca/me/x.crt', 'nonsense', 'policy'],
  ])('finds %s that cannot be used, and goes on', async (_title, file, text, check) => {
    const { json, path } = await ready()
    await writeFile(path(file), text)
    const { checks } = await json(1, ['doctor'])
    expect(faultsOf(checks)).toContain(check)
    expect(checks.map((each: Check) => each.check)).toContain('clock')
  })

  it('finds a clock that is before what has happened', async () => {
    const { json } = await ready()
    const { checks } = await json(1, ['doctor'], { now: new Date(Date.now() - DAY_MS) })
    expect(faultsOf(checks)).toEqual(['clock'])
  })

  it('answers a target as such', async () => {
    const { json } = await ready()
    for (const target of ['oci:layout:v1', './file']) {
      expect((await json(2, ['doctor', target])).error.message).toContain('is in no registry')
    }
    expect((await json(2, ['doctor', '--offline', 'localhost:5000/app'])).error.message).toContain(
      '--offline',
    )
    expect((await json(2, ['doctor', 'nosuch:x'])).error.message).toContain('neither a key nor a target')
  })

  it('knows ranges of versions', () => {
    const range = '^22.22.2 || ^24.15 || >=26'
    for (const version of ['22.22.2', '22.23.0', '24.15.0', '24.21.0', '26.0.0', '30.1.2'])
      expect(isIn(version, range), version).toBe(true)
    for (const version of ['20.1.0', '22.22.1', '22.9.9', '24.14.9', '25.0.0', '23.99.0'])
      expect(isIn(version, range), version).toBe(false)
  })
})

describe('doctor KEY', () => {
  it('says who asks, what the key is, and what it needs', async () => {
    const { json, reference, fake, secrets } = await awsProgram()
    await json(0, ['key', 'create', reference])
    await json(0, ['init', 'release', '-k', reference, '--scope', '*'])
    const { keys } = await json(0, ['doctor', 'release'])
    expect(keys[0]).toMatchObject({
      key: 'release',
      reference,
      credentials: { source: expect.stringContaining(`environment (AWS_ACCESS_KEY_ID), asking ${fake.url}`) },
      permissions: [
        { operation: 'open', needs: ['kms:GetPublicKey'] },
        { operation: 'sign', needs: ['kms:Sign'] },
      ],
      bench: null,
    })
    expect(keys[0].checks.map(({ check, outcome }: Check) => [check, outcome])).toEqual([
      ['lock', 'ok'],
      ['credentials', 'ok'],
      ['state', 'ok'],
      ['certificate', 'ok'],
    ])
    expect(keys[0].checks.at(-1).detail).toContain('364 days left')
    for (const secret of secrets) expect(JSON.stringify(keys)).not.toContain(secret)
  })

  it('finds a key that may not be used, and still prints what it needs', async () => {
    const { json, reference, fake } = await awsProgram()
    await json(0, ['key', 'create', reference, '--name', 'release'])
    fake.allow(['kms:DescribeKey'])
    const { keys } = await json(1, ['doctor', 'release'])
    expect(faultsOf(keys[0].checks)).toEqual(['state'])
    expect(keys[0].checks.at(-1).detail).toContain('ACCESS_DENIED')
    expect(keys[0].permissions).toHaveLength(2)
  })

  it('finds a disabled key, another key, and no key', async () => {
    const { json, reference, fake, replace } = await awsProgram()
    await json(0, ['key', 'create', reference, '--name', 'release'])
    const details = async (code: number) =>
      (await json(code, ['doctor', 'release'])).keys[0].checks.at(-1).detail
    fake.state.find('alias/release', REGION).state = 'Disabled'
    expect(await details(1)).toContain('KEY_STATE')
    replace()
    expect(await details(1)).toContain('KEY_MISMATCH')
    expect(faultsOf((await json(1, ['doctor', 'nosuch'])).keys[0].checks)).toEqual(['reference'])
  })

  it('judges the certificate, and how long it lasts', async () => {
    const { json } = await ready()
    const last = async (code: number, days: number) =>
      (await json(code, ['doctor', 'me'], { now: new Date(Date.now() + days * DAY_MS) })).keys[0].checks.at(
        -1,
      )
    expect(await last(0, 0)).toMatchObject({ outcome: 'ok' })
    expect(await last(0, 350)).toMatchObject({
      outcome: 'warning',
      detail: expect.stringContaining('14 days left'),
    })
    expect(await last(1, 400)).toMatchObject({ check: 'certificate', outcome: 'fault' })
  })

  it('measures after it was agreed to', async () => {
    const { json, expect: run, asked } = await ready()
    const { error } = await json(2, ['doctor', 'me', '--bench', '5'])
    expect(error).toMatchObject({ message: expect.stringContaining('5 signatures'), fix: 'agree with -y' })
    const { keys } = await json(0, ['doctor', 'me', '--bench', '5', '-y'])
    expect(keys[0].bench).toMatchObject({ signatures: 5, concurrency: 5, throttles: 0 })
    expect(keys[0].bench.p99Ms).toBeGreaterThanOrEqual(keys[0].bench.p50Ms)
    await json(2, ['doctor', '--bench', '5'])
    const { stdout } = await run(0, ['doctor', 'me', '--bench', '5'], {
      answers: ['n'],
      env: { SEALWRIGHT_PASSPHRASE: 'x' },
    }).catch(() => ({ stdout: '' }))
    expect(asked[0]).toContain('sign 5 dummies with me')
    expect(stdout).not.toContain('at once')
  })

  it('counts how often the store throttled', async () => {
    const { json, reference, fake } = await awsProgram()
    await json(0, ['key', 'create', reference])
    fake.inject('Sign', { kind: 'refuse', name: 'ThrottlingException' }, 2)
    const { keys } = await json(0, ['doctor', reference, '--bench', '2', '-y'])
    expect(keys[0].bench.throttles).toBe(2)
  })
})

it('a PIN file that is not there is found before it is needed', async () => {
  const { json, path } = await program()
  await mkdir(path('work'))
  const { checks } = await json(1, ['doctor'], { env: { SEALWRIGHT_PIN_FILE: 'nowhere' } })
  expect(faultsOf(checks)).toEqual(['files'])
})
