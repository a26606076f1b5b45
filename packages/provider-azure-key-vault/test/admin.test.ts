import type { KeySpec } from '@sealwright/core'
import { openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeKeyVault } from './fake-key-vault.ts'
import { KEYS, provider } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const { state } = fake
const call = { signal: new AbortController().signal }
const at = (name: string) => `azurekms://unit.vault.azure.net/${name}`

async function listed(prefix?: string): Promise<string[]> {
  await using keys = provider(fake)
  const found: string[] = []
  for await (const each of keys.admin!.list(prefix === undefined ? {} : { prefix }, call)) {
    found.push(each.reference)
  }
  return found
}

async function created(spec: Partial<KeySpec>): Promise<string> {
  await using keys = provider(fake)
  return await keys.admin!.create({ reference: at('new'), type: 'EC-P256', ...spec }, call)
}

describe('create', () => {
  const types = KEYS.filter(({ name, type }) => name === undefined && !/[34]0|[37]2/.test(type))

  it.each(types)('makes a key of $type that signs', async ({ type, kty }) => {
    const reference = at(`Made-${type}`)
    const made = await created({ reference, type })
    const [version] = state.find(`Made-${type}`).versions
    expect(made).toBe(`${reference}/${version!.version}`)
    expect(version).toMatchObject({ kty, operations: ['sign', 'verify'] })
    await using keys = provider(fake)
    await using signer = await openSigner(keys, made, {
      algorithm: type.startsWith('RSA') ? 'PS256' : (undefined as never),
    })
    await signer.sign(Buffer.from('message'))
  })

  it('makes a key in hardware where that is asked for', async () => {
    await created({ reference: at('Hard'), protection: 'hsm' })
    expect(state.find('Hard').versions[0]!.kty).toBe('EC-HSM')
  })

  it('makes every key of a Managed HSM in hardware', async () => {
    await using hsm = await fakeKeyVault('unit.managedhsm.azure.net')
    await using keys = provider(hsm)
    const reference = 'azurekms://unit.managedhsm.azure.net/Made'
    await keys.admin!.create({ reference, type: 'RSA-2048' }, call)
    expect(hsm.state.find('Made').versions[0]!.kty).toBe('RSA-HSM')
    const software = keys.admin!.create({ reference, type: 'EC-P256', protection: 'software' }, call)
    await expect(software).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it.each([
    ['a name that exists, in any case', { reference: at('EXISTING') }, 'VALIDATION'],
    ['a version', { reference: at(`new/${'0'.repeat(32)}`) }, 'VALIDATION'],
    ['an algorithm of another type', { algorithm: 'ES384' }, 'VALIDATION'],
    ['a type that there is not', { type: 'Ed25519' }, 'UNSUPPORTED'],
  ] as const)('refuses %s, and makes nothing', async (_, spec, code) => {
    state.addKey('existing', 'EC', { curve: 'P-256' })
    const before = fake.calls('createKey')
    await expect(created(spec)).rejects.toMatchObject({ code })
    expect(fake.calls('createKey')).toBe(before)
  })

  it('says that a deleted key holds the name', async () => {
    state.addKey('Gone', 'EC', { curve: 'P-256' })
    state.find('Gone').deleted = true
    await expect(created({ reference: at('Gone') })).rejects.toMatchObject({
      code: 'VALIDATION',
      why: expect.stringContaining('deleted'),
    })
  })

  it('does not make a key where it may not see whether there is one: that could be a new version', async () => {
    fake.allow(['createKey'])
    const before = fake.calls('createKey')
    await expect(created({}))
      .rejects.toMatchObject({ code: 'ACCESS_DENIED' })
      .finally(() => fake.allow(undefined))
    expect(fake.calls('createKey')).toBe(before)
  })
})

describe('a name that a deleted key holds', () => {
  it.each([
    [{ kind: 'refuse', status: 409, code: 'Conflict', inner: 'ObjectIsDeletedButRecoverable' }],
    [
      {
        kind: 'text',
        status: 409,
        type: 'application/json',
        text: '{"error":{"code":"Conflict","message":"Key new is currently in a deleted but recoverable state"}}',
      },
    ],
  ] as const)('is an error of its own: %j', async effect => {
    const end = fake.inject('createKey', effect)
    await expect(created({}).finally(end)).rejects.toMatchObject({
      code: 'VALIDATION',
      why: 'a deleted key holds the name until it is purged',
      fix: expect.stringMatching(
        /az keyvault key recover --vault-name unit --name new.*az keyvault key purge --vault-name unit --name new/,
      ),
    })
  })
})

describe('rotate', () => {
  it('makes a new version, which the name leads to', async () => {
    const old = state.addKey('Turning', 'EC', { curve: 'P-384' })
    await using keys = provider(fake)
    const made = await keys.admin!.rotate!(at(`Turning/${old.version}`), call)
    expect(made).toBe(at(`Turning/${state.find('Turning').versions[1]!.version}`))
    await using signer = await openSigner(keys, at('Turning'))
    expect(signer.key.reference).toBe(made)
  })

  it('says NOT_FOUND of a key that is not there', async () => {
    await using keys = provider(fake)
    await expect(keys.admin!.rotate!(at('nowhere'), call)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('list', () => {
  it('yields the latest versions of the keys that sign, over all pages', async () => {
    state.pageSize = 2
    const names = ['List-1', 'List-2', 'List-3', 'list-4', 'List-5']
    const made = names.map(name => at(`${name}/${state.addKey(name, 'EC', { curve: 'P-256' }).version}`))
    state.addKey('List-wrapping', 'RSA', { keySize: 2048 }).operations = ['wrapKey']
    expect(await listed('azurekms://unit.vault.azure.net/List-')).toEqual(made)
    expect(await listed('azurekms://unit.vault.azure.net')).toEqual(expect.arrayContaining(made))
  })

  it('yields the names of keys that may not be looked at', async () => {
    fake.allow(['listKeys'])
    expect(
      await listed('azurekms://unit.vault.azure.net/list-4').finally(() => fake.allow(undefined)),
    ).toEqual([at('list-4')])
  })

  it('follows the links of an endpoint that names itself', async () => {
    state.pageSize = 2
    const before = await listed('azurekms://unit.vault.azure.net/List-')
    state.linksTo = fake.origin
    try {
      expect(await listed('azurekms://unit.vault.azure.net/List-')).toEqual(before)
    } finally {
      state.linksTo = undefined
    }
  })

  it('says NOT_FOUND of a beginning that no key has, and nothing of an empty vault', async () => {
    await expect(listed('azurekms://unit.vault.azure.net/No-such-')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      fix: 'list them all: azurekms://unit.vault.azure.net/',
    })
  })

  it('tells what a key is, and of a disabled one that it is', async () => {
    const key = state.addKey('Described', 'RSA-HSM', { keySize: 2048 })
    const one = async () => {
      await using keys = provider(fake)
      for await (const each of keys.admin!.list({ prefix: at('Described') }, call)) return each
      return undefined
    }
    expect(await one()).toEqual({
      reference: at(`Described/${key.version}`),
      type: 'RSA-2048',
      algorithms: expect.arrayContaining(['PS256', 'RS512']),
      state: 'enabled',
      created: expect.any(Date),
      protection: 'hsm',
    })
    key.attributes = { enabled: false }
    expect(await one()).toMatchObject({ state: 'disabled' })
    const end = fake.inject('getKey', {
      kind: 'refuse',
      status: 403,
      code: 'Forbidden',
      inner: 'KeyDisabled',
    })
    expect(await one().finally(end)).toEqual({ reference: at('Described'), state: 'disabled' })
  })

  it('wants to know the vault', async () => {
    await expect(listed()).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('says who refuses', async () => {
    fake.allow([])
    const refused = listed('azurekms://unit.vault.azure.net').finally(() => fake.allow(undefined))
    await expect(refused).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('list'),
    })
  })

  it('follows no link to another host', async () => {
    const end = fake.inject('listKeys', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, nextLink: 'https://evil.example/keys?page=2' }),
    })
    await expect(listed('azurekms://unit.vault.azure.net'))
      .rejects.toMatchObject({ code: 'INTEGRITY' })
      .finally(end)
  })

  it('ends in the middle when it is aborted, while a page does not come', async () => {
    const controller = new AbortController()
    await using keys = provider(fake)
    const listing = keys
      .admin!.list({ prefix: 'azurekms://unit.vault.azure.net/List' }, controller)
      [Symbol.asyncIterator]()
    await listing.next()
    const end = fake.inject('listKeys', { kind: 'hang' })
    setTimeout(() => controller.abort(), 50)
    const rest = async () => {
      while (!(await listing.next()).done);
    }
    await expect(rest()).rejects.toMatchObject({ name: 'AbortError' }).finally(end)
  })
})
