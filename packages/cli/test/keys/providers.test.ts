import { type KeyProvider, SealwrightError } from '@sealwright/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { FakeModule } from '../../../provider-pkcs11/test/fake-module.ts'
import { FakeToken } from '../../../provider-pkcs11/test/fake-token.ts'
import { parseUserConfig } from '../../src/config/user-config.ts'
import { installCommand } from '../../src/keys/providers.ts'
import { program } from '../program.ts'
import { configure } from '../stores.ts'

/** A store of others', with keys in memory: a token under another scheme. */
async function acmeKeys(given: unknown[]): Promise<Record<string, unknown>> {
  const { pkcs11 } = await vi.importActual<typeof import('@sealwright/provider-pkcs11')>(
    '@sealwright/provider-pkcs11',
  )
  const token = new FakeToken({ pin: '1234' })
  token.addKey('EC-P256', { label: 'release' })
  const keys = pkcs11({ module: new FakeModule(token), pin: async () => '1234' })
  const inner = (reference: string): string => reference.replace(/^acme:/, 'pkcs11:object=')
  const acme = (options: unknown): KeyProvider => {
    given.push(options)
    return {
      contract: 1,
      name: 'acme',
      schemes: ['acme'],
      permissions: { sign: ['acme:sign'] },
      canonical: reference => reference,
      open: async (reference, call) => {
        const { key, signRaw } = await keys.open(inner(reference), call)
        return { key: { ...key, reference }, signRaw }
      },
      classify: keys.classify,
    }
  }
  return { acme }
}

describe('a store of others', () => {
  it('is used by what the configuration says of its package', async () => {
    const given: unknown[] = []
    vi.doMock('acme-keys', () => acmeKeys(given))
    onTestFinished(() => void vi.doUnmock('acme-keys'))
    const self = await program()
    await configure(self, 'acme-keys', { schemes: ['acme'], region: 'moon', tokenFile: '/run/token' })
    const { key } = await self.json(0, ['key', 'add', 'release', 'acme:release'])
    expect(key.reference).toBe('acme:release')
    expect(given).toEqual([{ region: 'moon', tokenFile: '/run/token' }])
    const { error } = await self.json(2, ['key', 'list', 'acme:'])
    expect(error.code).toBe('UNSUPPORTED')
    // It is a mock, which is installed nowhere.
    const { keys } = await self.json(1, ['doctor', 'release'])
    expect(keys[0].permissions).toEqual([{ operation: 'sign', needs: ['acme:sign'] }])
  })

  it('that cannot make a version is left for another key, by a command', async () => {
    const { acme } = (await acmeKeys([])) as { acme: (options: unknown) => KeyProvider }
    const rotate = async () => {
      throw new SealwrightError('UNSUPPORTED', 'acme keys have no versions', { fix: 'make a new key' })
    }
    const admin = { rotate } as unknown as NonNullable<KeyProvider['admin']>
    vi.doMock('acme-keys', () => ({ acme: (options: unknown) => ({ ...acme(options), admin }) }))
    onTestFinished(() => void vi.doUnmock('acme-keys'))
    const self = await program()
    await configure(self, 'acme-keys', { schemes: ['acme'] })
    await self.json(0, ['key', 'add', 'my-key', 'acme:release'])
    const { error } = await self.json(2, ['key', 'rotate', 'my-key'])
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      fix: 'make a new key; then: sealwright key rotate my-key --to REF',
    })
  })

  it('that is not installed is named with what to do', async () => {
    const self = await program()
    await configure(self, 'acme-not-installed', { schemes: ['acme'] })
    const { error } = await self.json(2, ['key', 'add', 'release', 'acme:release'])
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: 'the key provider acme-not-installed is not installed',
      fix: 'npm install acme-not-installed',
    })
  })
})

it.each([
  ['/srv/app/node_modules/sealwright/dist/main.js', 'npm install acme'],
  ['/usr/local/lib/node_modules/sealwright/dist/main.js', 'npm install --global --prefix /usr/local acme'],
  ['/srv/.npm/_npx/a1b2/node_modules/sealwright/dist/main.js', 'npx -p sealwright -p acme sealwright …'],
])('a program at %s asks for a package by %s', (path, command) => {
  expect(installCommand('acme', `file://${path}`)).toBe(command)
})

it('Cloud KMS is given the variables of proxies, which over REST it does not look for itself', async () => {
  const GCP = '@sealwright/provider-gcp-kms'
  const { gcpKms, ...others } = await vi.importActual<typeof import('@sealwright/provider-gcp-kms')>(GCP)
  const given: unknown[] = []
  const noting = (options: Parameters<typeof gcpKms>[0]) => {
    given.push(options)
    return gcpKms(options)
  }
  vi.doMock(GCP, () => ({ ...others, gcpKms: noting }))
  onTestFinished(() => void vi.doUnmock(GCP))
  const self = await program()
  await configure(self, GCP, { transport: 'rest' })
  const env = { HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: 'internal' }
  await self.json(2, ['key', 'show', 'gcpkms://nothing'], { env })
  expect(given).toMatchObject([{ transport: 'rest', proxyEnv: env }])
})

describe('a configuration of providers', () => {
  const AWS = '@sealwright/provider-aws-kms'
  const VAULT = '@sealwright/provider-hashicorp-vault'

  it.each([
    [AWS, { endpont: 'https://x' }, '"endpont" is not known'],
    [AWS, { credentials: { accessKeyId: 'a' } }, '"credentials" is not known'],
    [AWS, { region: 1 }, 'must be text'],
    [VAULT, { token: 'hvs.hunter2' }, '"token" is not known'],
    [
      VAULT,
      { auth: { method: 'approle', roleId: 'r', secretId: 'hunter2' } },
      'secrets are in files or variables',
    ],
    ['@sealwright/provider-pkcs11', { sessions: 0 }, 'whole number'],
    ['@sealwright/provider-gcp-kms', { transport: 'carrier-pigeon' }, 'one of grpc, rest'],
    ['acme', {}, 'which references it is for'],
    ['acme', { schemes: ['awskms'] }, `the scheme awskms is that of ${AWS}`],
    ['acme', { schemes: ['acme'], password: 'hunter2' }, 'would hold a secret'],
    ['acme', { schemes: ['acme'], log: [{ apiToken: 'hunter2' }] }, 'would hold a secret'],
    ['./here', { schemes: ['acme'] }, 'not a name of an npm package'],
  ])('of %s refuses %j', (name, options, part) => {
    const text = JSON.stringify({ providers: { [name]: options } })
    expect(() => parseUserConfig(Buffer.from(text), '/c.json')).toThrow(part)
    expect(() => parseUserConfig(Buffer.from(text), '/c.json')).toThrow('/c.json:1:')
    expect(() => parseUserConfig(Buffer.from(text), '/c.json')).not.toThrow('hunter2')
  })

  it('takes files as paths beside itself', () => {
    const text = JSON.stringify({ providers: { [VAULT]: { ca: 'ca.pem', auth: { jwtFile: '/run/jwt' } } } })
    const { options } = parseUserConfig(Buffer.from(text), '/etc/sealwright/config.json').providers![VAULT]!
    expect(options).toEqual({ ca: '/etc/sealwright/ca.pem', auth: { jwtFile: '/run/jwt' } })
  })

  it('that the provider refuses is a usage error', async () => {
    const self = await program()
    await configure(self, AWS, { endpoint: 'http://kms.example' })
    const { error } = await self.json(2, ['key', 'show', 'awskms:///alias/x'])
    expect(error.code).toBe('VALIDATION')
  })
})
