import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import { openSigner } from '@sealwright/core'
import { container as root } from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { createKeyring, emptyKeyLock, lockKey } from '../src/index.ts'
import { keyLockToken, keyringToken, providersToken, registerKeyring } from '../src/tsyringe.ts'
import { at, fakeProvider } from './fake-provider.ts'

const provider = fakeProvider()
async function lockOf(name: string, reference: string) {
  await using signer = await openSigner(provider, reference)
  return lockKey(emptyKeyLock(), name, { reference, key: signer.key, at })
}

describe('a keyring in a container', () => {
  it('signs like any other', async () => {
    const container = root.createChildContainer()
    registerKeyring(container, { providers: [provider], keys: await lockOf('release', 'fake:a') })
    await using keyring = container.resolve(keyringToken)
    await using signer = await keyring.signer('release')
    await signer.sign(Uint8Array.of(1))
  })

  it('is made once, when it is first resolved', () => {
    const container = root.createChildContainer()
    let made = 0
    container.register(providersToken, {
      useFactory: () => {
        made++
        return [provider]
      },
    })
    registerKeyring(container)
    expect(made).toBe(0)
    expect(container.resolve(keyringToken)).toBe(container.resolve(keyringToken))
    expect(made).toBe(1)
  })

  it('is another one in each child, which may have a lock of its own', async () => {
    const container = root.createChildContainer()
    registerKeyring(container, { providers: [provider], keys: await lockOf('shared', 'fake:a') })
    const [acme, other] = [container.createChildContainer(), container.createChildContainer()]
    acme.register(keyLockToken, { useValue: await lockOf('acme', 'fake:b') })
    const keyrings = [container, acme, other].map(each => each.resolve(keyringToken))
    expect(keyrings.map(({ names }) => names)).toEqual([['shared'], ['acme'], ['shared']])
    expect(new Set(keyrings).size).toBe(3)
    await keyrings[1]![Symbol.asyncDispose]()
    await expect(acme.resolve(keyringToken).signer('acme')).rejects.toMatchObject({ code: 'VALIDATION' })
    await using signer = await keyrings[2]!.signer('shared')
    expect(signer.key.reference).toBe('fake:a/1')
  })

  it('may be swapped for another by the application', () => {
    const container = root.createChildContainer()
    registerKeyring(container, { providers: [provider] })
    const mine = createKeyring({ providers: [], keys: emptyKeyLock() })
    container.register(keyringToken, { useValue: mine })
    expect(container.resolve(keyringToken)).toBe(mine)
  })

  it('has no providers and no names when nobody registered any', async () => {
    const container = root.createChildContainer()
    registerKeyring(container)
    const keyring = container.resolve(keyringToken)
    expect(keyring.names).toEqual([])
    await expect(keyring.provider('fake:a')).rejects.toMatchObject({ why: 'no provider was given' })
  })
})

it('the subpath loads neither tsyringe nor a Reflect polyfill', () => {
  const program = `
    import { registerHooks } from 'node:module'
    const seen = []
    registerHooks({ resolve: (specifier, context, next) => { seen.push(specifier); return next(specifier, context) } })
    const { registerKeyring } = await import('@sealwright/keyring/tsyringe')
    console.log(JSON.stringify({ seen, metadata: typeof Reflect.getMetadata, registers: typeof registerKeyring }))`
  const printed = execFileSync(
    process.execPath,
    ['--conditions=@sealwright/source', '--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, encoding: 'utf8' },
  )
  const { seen, metadata, registers } = JSON.parse(printed) as {
    seen: string[]
    metadata: string
    registers: string
  }
  expect(seen.filter(specifier => /^(tsyringe|reflect-metadata)/.test(specifier))).toEqual([])
  expect(seen).toContain('@sealwright/core')
  expect({ metadata, registers }).toEqual({ metadata: 'undefined', registers: 'function' })
})
