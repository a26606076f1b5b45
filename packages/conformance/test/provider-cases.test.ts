import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyHandle } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { messageRepresentative } from '../../core/src/raw-public-key.ts'
import { type ProviderHarness, providerCases } from '../src/index.ts'
import { signRequest } from '../src/sign-request.ts'
import { memoryHarness } from './memory-harness.ts'
import { memoryStore } from './memory-store.ts'

function harness(changes: Partial<ProviderHarness> = {}): ProviderHarness {
  const store = memoryStore()
  store.add('RSA-2048', 'RSA-2048')
  store.add('EC-P256', 'EC-P256')
  return { ...memoryHarness(store), ...changes }
}

function skips(of: ProviderHarness): Record<string, string> {
  return Object.fromEntries(providerCases(of).flatMap(({ id, skip }) => (skip ? [[id, skip]] : [])))
}

describe('providerCases', () => {
  it('has an id and a title of its own for every case', () => {
    const cases = providerCases(harness())
    for (const member of ['id', 'title'] as const) {
      const values = cases.map(each => each[member])
      expect(values.filter((value, index) => values.indexOf(value) !== index)).toEqual([])
    }
  })

  it('has a case for each algorithm and input that a key declares', () => {
    const ids = providerCases(harness()).map(({ id }) => id)
    expect(ids).toEqual(
      expect.arrayContaining([
        'sign/RSA-2048/PS384/digest',
        'sign/RSA-2048/PS384/message',
        'signer/RSA-2048/PS384',
        'sign/EC-P256/ES256/digest',
      ]),
    )
    expect(ids.filter(id => /^sign\/EC-P256\//.test(id))).toHaveLength(2)
  })

  it('skips a case whose hook is missing, and says which', () => {
    const { moveAlias: _, ...rest } = harness()
    const { hang: __, ...sign } = rest.faults!.sign!
    expect(skips({ ...rest, faults: { ...rest.faults, sign } })).toEqual({
      'change/alias': 'the harness has no moveAlias',
      'timeout/sign/during': 'the harness has no faults.sign.hang',
      'abort/sign/during': 'the harness has no faults.sign.hang',
      'abort/sign/heard': 'the harness has no faults.sign.hang',
    })
  })

  it('needs nothing but a key to run the most important cases', () => {
    const { name, open, keys, missing, spellings, refused, secrets } = harness()
    const bare = { name, open, keys, missing, spellings, refused, secrets }
    const running = providerCases(bare).filter(({ skip }) => skip === undefined)
    expect(running.every(({ needs }) => needs.length === 0)).toBe(true)
    expect(running.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['missing', 'concurrency/sign', 'secrets/errors', 'ecdsa/EC-P256']),
    )
  })

  it('skips where a server errs, with the reason, a * standing for any characters', () => {
    const deviations = { 'sign/*/PS256/*': 'longest salt', 'throttle/open': 'never throttles' }
    expect(skips(harness({ deviations, fake: harness() }))).toEqual({
      'sign/RSA-2048/PS256/digest': 'longest salt',
      'sign/RSA-2048/PS256/message': 'longest salt',
      'throttle/open': 'never throttles',
    })
  })

  it('refuses a deviation that names no case', () => {
    const deviations = { 'sign/EC-P384/*': 'it has no such key' }
    expect(() => providerCases(harness({ deviations, fake: harness() }))).toThrow('names no case')
  })

  it('refuses a deviation of a case that no fake runs', () => {
    const deviations = { missing: 'says 500' }
    expect(() => providerCases(harness({ deviations }))).toThrow('the fake does not run it')
    const { disable: _, ...fake } = harness()
    expect(() => providerCases(harness({ deviations: { 'change/disable': 'cannot' }, fake }))).toThrow(
      'the fake does not run it',
    )
  })

  it('refuses two keys of one name', () => {
    const { keys } = harness()
    expect(() => providerCases(harness({ keys: [...keys, keys[0]!] }))).toThrow('one name')
    const named = { ...keys[0]!, name: 'RSA-2048-second' }
    expect(() => providerCases(harness({ keys: [...keys, named] }))).not.toThrow()
  })

  it('refuses a canary that could show by chance', async () => {
    const secrets = ['1234']
    const objects = providerCases(harness({ secrets })).find(({ id }) => id === 'secrets/objects')!
    await expect(objects.run()).rejects.toThrow('shorter than 8')
  })
})

describe('the kit', () => {
  it('computes μ as the pipeline does', ctx => {
    if (Number(process.versions.openssl.split('.')[1]) < 5) ctx.skip('this Node.js does not know ML-DSA')
    const { publicKey } = generateKeyPairSync('ml-dsa-65')
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const message = randomBytes(77)
    const handle = { key: { publicKey: spki } } as KeyHandle
    const { bytes } = signRequest(handle, 'ML-DSA-65', 'mu', message)
    expect(Buffer.from(bytes)).toEqual(Buffer.from(messageRepresentative(spki, message)))
  })

  it('is bound to no test runner', () => {
    const folder = join(import.meta.dirname, '..', 'src')
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name =>
      name.endsWith('.ts'),
    )
    expect(sources.length).toBeGreaterThan(20)
    for (const name of sources) {
      expect(readFileSync(join(folder, name), 'utf8'), name).not.toMatch(
        /^(?! \*).*from '(vitest|node:test|mocha|jest)/m,
      )
    }
  })
})
