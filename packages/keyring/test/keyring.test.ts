import { fingerprint, type KeyProvider, openSigner, SealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { createKeyring, emptyKeyLock, type KeyLock, lockKey, parseKeyLock, rotateKey } from '../src/index.ts'
import { at, fakeProvider, later } from './fake-provider.ts'

const message = Uint8Array.of(1, 2, 3)

async function locked(provider: KeyProvider, reference = 'fake:alias'): Promise<KeyLock> {
  await using signer = await openSigner(provider, reference)
  return lockKey(emptyKeyLock(), 'release', { reference, key: signer.key, algorithm: 'ES256', at })
}

describe('a provider', () => {
  it('is chosen by the exact scheme', async () => {
    const [fake, faker] = [fakeProvider('fake'), fakeProvider('faker')]
    await using keyring = createKeyring({ providers: [fake, faker], keys: emptyKeyLock() })
    expect(await keyring.provider('fake:a')).toBe(fake)
    expect(await keyring.provider('faker:a')).toBe(faker)
    for (const reference of ['fak:a', 'FAKE:a', 'fakers:a', 'toString:a']) {
      await expect(keyring.provider(reference)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        why: 'the schemes are fake, faker',
      })
    }
    await expect(keyring.provider('no reference')).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is loaded when its scheme is first used, once for all who wait', async () => {
    let loads = 0
    const provider = fakeProvider()
    const load = async () => {
      loads++
      await new Promise(resolve => setTimeout(resolve, 5))
      return provider
    }
    await using keyring = createKeyring({
      providers: [{ schemes: ['fake'], package: 'fake', load }],
      keys: emptyKeyLock(),
    })
    expect(loads).toBe(0)
    const found = await Promise.all([
      keyring.provider('fake:a'),
      keyring.provider('fake:b'),
      keyring.provider('fake:c'),
    ])
    expect(new Set(found)).toEqual(new Set([provider]))
    expect(loads).toBe(1)
  })

  it('that is not installed is an error that names the package, and may be installed later', async () => {
    const name = '@sealwright/provider-that-is-not-there'
    let installed: KeyProvider | undefined
    const load = async () => installed ?? ((await import(name)) as { provider: KeyProvider }).provider
    await using keyring = createKeyring({
      providers: [{ schemes: ['fake'], package: name, load }],
      keys: emptyKeyLock(),
    })
    await expect(keyring.signer('fake:a')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `the key provider ${name} is not installed`,
      fix: `npm install ${name}`,
    })
    installed = fakeProvider()
    await using signer = await keyring.signer('fake:a')
    await signer.sign(message)
  })

  it('whose own dependency is missing is not called missing itself', async () => {
    const load = async () => (await import('/nowhere/dependency.js' as string)) as never
    await using keyring = createKeyring({
      providers: [{ schemes: ['fake'], package: '@x/provider', load }],
      keys: emptyKeyLock(),
    })
    await expect(keyring.provider('fake:a')).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'the key provider @x/provider could not be loaded',
    })
  })

  it('that refuses its options keeps its own error', async () => {
    const refusal = new SealwrightError('VALIDATION', 'no region')
    const source = { schemes: ['fake'], package: 'p', load: () => Promise.reject(refusal) }
    await using keyring = createKeyring({ providers: [source], keys: emptyKeyLock() })
    await expect(keyring.provider('fake:a')).rejects.toBe(refusal)
  })

  it.each([
    ['nothing', undefined],
    ['a provider of another contract', { ...fakeProvider(), contract: 2 }],
    ['a provider of other schemes', fakeProvider('other')],
  ])('is UNSUPPORTED when its package holds %s', async (_, loaded) => {
    const source = { schemes: ['fake'], package: 'p', load: async () => loaded as KeyProvider }
    await using keyring = createKeyring({ providers: [source], keys: emptyKeyLock() })
    await expect(keyring.provider('fake:a')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('cannot share its scheme with another', () => {
    const providers = [
      fakeProvider(),
      { schemes: ['x', 'fake'], package: 'p', load: async () => fakeProvider() },
    ]
    expect(() => createKeyring({ providers, keys: emptyKeyLock() })).toThrow(
      expect.objectContaining({ code: 'VALIDATION' }),
    )
  })
})

describe('a named key', () => {
  it('is opened by its reference, with the algorithm of the lock', async () => {
    const provider = fakeProvider()
    await using keyring = createKeyring({ providers: [provider], keys: await locked(provider) })
    expect(keyring.names).toEqual(['release'])
    expect(await keyring.provider('release')).toBe(provider)
    await using signer = await keyring.signer('release')
    expect(signer.key.reference).toBe('fake:alias/1')
    expect((await signer.sign(message)).algorithm).toBe('ES256')
  })

  it('needs no algorithm when its key has one only, and takes the call’s before the lock’s', async () => {
    const provider = fakeProvider()
    const lock = await locked(provider)
    const { algorithm: _, ...without } = lock.keys.release!
    await using plain = createKeyring({
      providers: [provider],
      keys: { version: 1, keys: { release: without } },
    })
    expect((await plain.signer('release')).algorithm.id).toBe('ES256')
    await using keyring = createKeyring({ providers: [provider], keys: lock })
    await expect(keyring.signer('release', { algorithm: 'ES384' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
    await using signer = await keyring.signer('release', { algorithm: () => 'ES256' })
    expect(signer.algorithm.id).toBe('ES256')
  })

  it('is KEY_MISMATCH when its alias means another version, and says how to go on', async () => {
    const provider = fakeProvider()
    const lock = await locked(provider)
    provider.move('2')
    await using other = await openSigner(provider, 'fake:alias')
    await using keyring = createKeyring({ providers: [provider], keys: lock })
    const now = fingerprint(other.key.publicKey)
    const then = lock.keys.release!.fingerprint
    await expect(keyring.signer('release')).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
      message: 'key "release" is no longer the key that was locked',
      why: `fake:alias now means fake:alias/2 (public key ${now}); locked 2026-03-01 was fake:alias/1 (${then})`,
      fix: 'if the rotation is intended, lock the name to the new key',
      remedy: { step: 'rotateKey', key: 'release', reference: 'fake:alias' },
    })
  })

  it('is KEY_MISMATCH before anything is said of algorithms', async () => {
    const provider = fakeProvider()
    const lock = await locked(provider)
    provider.move('2')
    await using keyring = createKeyring({ providers: [provider], keys: lock })
    await expect(keyring.signer('release', { algorithm: 'RS256' })).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
    })
  })

  it('is KEY_MISMATCH when the same version has another public key', async () => {
    const lock = await locked(fakeProvider())
    await using keyring = createKeyring({ providers: [fakeProvider()], keys: lock })
    await expect(keyring.signer('release')).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
  })

  it('opens again after the lock was rotated', async () => {
    const provider = fakeProvider()
    const lock = await locked(provider)
    provider.move('2')
    await using moved = await openSigner(provider, 'fake:alias')
    const keys = parseKeyLock(
      Buffer.from(JSON.stringify(rotateKey(lock, 'release', { key: moved.key, at: later }))),
    )
    await using keyring = createKeyring({ providers: [provider], keys })
    await using signer = await keyring.signer('release')
    expect(signer.key.reference).toBe('fake:alias/2')
  })

  it.each(['toString', '__proto__', 'constructor', 'relaese'])(
    'is NOT_FOUND when it is not there: %s',
    async name => {
      const provider = fakeProvider()
      await using keyring = createKeyring({ providers: [provider], keys: await locked(provider) })
      await expect(keyring.signer(name)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        why: 'the names are release',
      })
    },
  )
})

describe('disposing of a keyring', () => {
  it('closes what it loaded, once, and leaves what it was given to the giver', async () => {
    const [given, loaded, unused] = [fakeProvider('given'), fakeProvider('loaded'), fakeProvider('unused')]
    const keyring = createKeyring({
      providers: [
        given,
        { schemes: ['loaded'], package: 'p', load: async () => loaded },
        { schemes: ['unused'], package: 'q', load: async () => unused },
      ],
      keys: emptyKeyLock(),
    })
    await keyring.provider('given:a')
    await keyring.provider('loaded:a')
    await Promise.all([keyring[Symbol.asyncDispose](), keyring[Symbol.asyncDispose]()])
    expect([given.closed, loaded.closed, unused.closed]).toEqual([0, 1, 0])
    await expect(keyring.provider('given:a')).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(keyring.signer('given:a')).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('waits for a provider that is being loaded, and closes it', async () => {
    const provider = fakeProvider()
    const load = () => new Promise<KeyProvider>(resolve => setTimeout(resolve, 10, provider))
    const keyring = createKeyring({
      providers: [{ schemes: ['fake'], package: 'p', load }],
      keys: emptyKeyLock(),
    })
    const loading = keyring.provider('fake:a')
    await keyring[Symbol.asyncDispose]()
    await loading
    expect(provider.closed).toBe(1)
  })

  it('names a provider that fails to close, after it closed the others', async () => {
    const [good, bad] = [fakeProvider('good'), fakeProvider('bad')]
    bad[Symbol.asyncDispose] = () => Promise.reject(new Error('token canary'))
    const keyring = createKeyring({
      providers: [bad, good].map(provider => ({
        schemes: provider.schemes,
        package: 'p',
        load: async () => provider,
      })),
      keys: emptyKeyLock(),
    })
    await keyring.provider('bad:a')
    await keyring.provider('good:a')
    await expect(keyring[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'key store "bad" failed to close',
    })
    expect(good.closed).toBe(1)
  })
})
