import { type ListedKey, openSigner } from '@sealwright/core'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { KEYS, provider, REGION } from './harness.ts'

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())
const { state } = fake
const call = { signal: new AbortController().signal }

afterEach(() => {
  state.lag = 0
  state.pageSize = 1000
  fake.allow(undefined)
})

async function listed(keys: AsyncIterable<ListedKey>): Promise<ListedKey[]> {
  const found: ListedKey[] = []
  for await (const key of keys) found.push(key)
  return found
}

async function all(keys: AsyncIterable<ListedKey>): Promise<string[]> {
  return (await listed(keys)).map(({ reference }) => reference)
}

describe('create', () => {
  it.each(KEYS.filter(({ type }) => !type.startsWith('RSA-')))(
    'makes a key of $type',
    async ({ type, spec }) => {
      await using kms = provider(fake)
      const reference = await kms.admin!.create({ reference: `awskms:///alias/Made-${type}`, type }, call)
      expect(state.find(`alias/Made-${type}`, REGION)).toMatchObject({ spec, usage: 'SIGN_VERIFY' })
      await using signer = await openSigner(kms, `awskms:///alias/Made-${type}`)
      expect(signer.key.reference).toBe(reference)
    },
  )

  it('makes a key without an alias, in the region that is named', async () => {
    await using kms = provider(fake)
    const create = (reference: string) => kms.admin!.create({ reference, type: 'EC-P256' }, call)
    expect(await create('awskms:///')).toContain(`:kms:${REGION}:`)
    expect(await create('awskms:///?region=us-east-1')).toContain(':kms:us-east-1:')
    expect(await create('awskms:///alias/far?region=us-east-1')).toContain(':kms:us-east-1:')
  })

  it('waits until key and alias are seen', async () => {
    await using kms = provider(fake)
    state.lag = 2
    const reference = await kms.admin!.create({ reference: 'awskms:///alias/slow', type: 'EC-P256' }, call)
    await using signer = await openSigner(kms, 'awskms:///alias/slow')
    expect(signer.key.reference).toBe(reference)
  })

  it('stops waiting when the call is aborted, and names the key that was made', async () => {
    await using kms = provider(fake)
    state.lag = Number.POSITIVE_INFINITY
    const polls = fake.calls('GetPublicKey')
    const controller = new AbortController()
    const creating = kms.admin!.create({ reference: 'awskms:///alias/never', type: 'EC-P256' }, controller)
    const aborting = vi
      .waitFor(() => expect(fake.calls('GetPublicKey')).toBeGreaterThan(polls))
      .finally(() => controller.abort())
    await expect(creating).rejects.toMatchObject({
      code: 'ABORTED',
      why: expect.stringMatching(/the key arn:aws:kms:.* was made$/),
    })
    await aborting
  })

  it('makes nothing when the alias exists, or the reference is not one to make', async () => {
    await using kms = provider(fake)
    state.setAlias('alias/there', state.addKey('ECC_NIST_P256', REGION))
    const before = state.keys.length
    const create = (spec: object) =>
      kms.admin!.create({ reference: 'awskms:///alias/new', type: 'EC-P256', ...spec }, call)
    const refusals = [
      [{ reference: 'awskms:///alias/there' }, 'VALIDATION'],
      [{ reference: 'awskms:///alias/aws/mine' }, 'VALIDATION'],
      [{ reference: 'awskms:///1234abcd-12ab-34cd-56ef-1234567890ab' }, 'VALIDATION'],
      [{ reference: 'arn:aws:kms:eu-central-1:111122223333:alias/x' }, 'VALIDATION'],
      [{ algorithm: 'RS256' }, 'VALIDATION'],
      [{ protection: 'software' }, 'UNSUPPORTED'],
    ] as const
    for (const [spec, code] of refusals) await expect(create(spec)).rejects.toMatchObject({ code })
    expect(state.keys.length).toBe(before)
  })

  it.each(['CreateKey', 'CreateAlias'])(
    'says that the quota of %s is used up, which is not throttling',
    async operation => {
      await using kms = provider(fake)
      const restore = fake.inject(operation, { kind: 'refuse', name: 'LimitExceededException' })
      const creating = kms.admin!.create({ reference: 'awskms:///alias/full', type: 'EC-P256' }, call)
      await expect(creating).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        why: expect.stringContaining('quota'),
      })
      restore()
    },
  )

  it.each(['ThrottlingException', 'KMSInternalException'])(
    'makes one key and its alias although the alias meets %s at first',
    async name => {
      await using kms = provider(fake)
      const before = state.keys.length
      fake.inject('CreateAlias', { kind: 'refuse', name }, 2)
      const reference = await kms.admin!.create(
        { reference: `awskms:///alias/${name}`, type: 'EC-P256' },
        call,
      )
      expect(state.keys.length).toBe(before + 1)
      expect(`awskms:///${state.find(`alias/${name}`, REGION).arn}`).toBe(reference)
    },
  )

  it('says how to finish what was throttled to the end of the call, without another key', async () => {
    await using kms = provider(fake)
    const restore = fake.inject('CreateAlias', { kind: 'refuse', name: 'ThrottlingException' })
    const short = { signal: AbortSignal.timeout(500) }
    const creating = kms.admin!.create({ reference: 'awskms:///alias/throttled', type: 'EC-P256' }, short)
    await expect(creating.finally(restore)).rejects.toMatchObject({
      code: 'THROTTLED',
      fix: expect.stringMatching(
        /aws kms create-alias --region eu-central-1 --alias-name alias\/throttled --target-key-id [0-9a-f-]{36}$/,
      ),
    })
  })

  it('names the key when the alias may not be made', async () => {
    await using kms = provider(fake)
    fake.allow(['kms:CreateKey', 'kms:GetPublicKey', 'kms:DescribeKey'])
    const creating = kms.admin!.create({ reference: 'awskms:///alias/no', type: 'EC-P256' }, call)
    await expect(creating).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      why: expect.stringMatching(/kms:CreateAlias .*; the key arn:aws:kms:.* was made$/),
    })
  })
})

describe('rotate', () => {
  it('moves the alias to a new key of the same type and policy', async () => {
    await using kms = provider(fake)
    const old = state.addKey('ECC_NIST_P384', REGION)
    old.policy = '{"Version":"2012-10-17","Statement":["mine"]}'
    state.setAlias('alias/turn', old)
    state.lag = 1
    const reference = await kms.admin!.rotate!('awskms:///alias/turn', call)
    const now = state.find('alias/turn', REGION)
    expect(now).toMatchObject({ spec: old.spec, policy: old.policy })
    expect(now.arn).not.toBe(old.arn)
    expect(reference).toBe(`awskms:///${now.arn}`)
    await using signer = await openSigner(kms, 'awskms:///alias/turn')
    expect(signer.key.reference).toBe(reference)
    await using former = await openSigner(kms, old.arn)
    expect(former.key.reference).toBe(`awskms:///${old.arn}`)
  })

  it('takes the ARN of an alias, of the own account only', async () => {
    await using kms = provider(fake)
    const old = state.addKey('ECC_NIST_P256', REGION)
    state.setAlias('alias/arn', old)
    const arn = old.arn.replace(/key\/.*/, 'alias/arn')
    await expect(kms.admin!.rotate!(arn.replace('111122223333', '999999999999'), call)).rejects.toMatchObject(
      {
        code: 'KEY_MISMATCH',
      },
    )
    expect(state.find('alias/arn', REGION)).toBe(old)
    await kms.admin!.rotate!(arn, call)
    expect(state.find('alias/arn', REGION)).not.toBe(old)
  })

  it('makes nothing of what cannot be rotated', async () => {
    await using kms = provider(fake)
    const stored = state.addKey('ECC_NIST_P256', REGION)
    state.setAlias('alias/odd', stored)
    const refused = () => expect(kms.admin!.rotate!('awskms:///alias/odd', call)).rejects
    const before = state.keys.length
    await expect(kms.admin!.rotate!(stored.arn, call)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    stored.multiRegion = true
    await refused().toMatchObject({ code: 'UNSUPPORTED', why: expect.stringContaining('Regions') })
    stored.multiRegion = false
    stored.origin = 'EXTERNAL'
    await refused().toMatchObject({ code: 'UNSUPPORTED', why: expect.stringContaining('material') })
    stored.origin = 'AWS_KMS'
    fake.allow(['kms:DescribeKey', 'kms:CreateKey', 'kms:UpdateAlias', 'kms:GetPublicKey'])
    await refused().toMatchObject({ code: 'ACCESS_DENIED', why: expect.stringContaining('kms:GetKeyPolicy') })
    expect(state.keys.length).toBe(before)
  })
})

describe('list', () => {
  it('goes through all pages, and shows keys that sign and their aliases', async () => {
    await using store = await fakeAwsKms()
    await using kms = provider(store)
    store.state.pageSize = 2
    const signing = Array.from({ length: 5 }, () => store.state.addKey('ECC_NIST_P256', REGION))
    const secret = store.state.addKey('SYMMETRIC_DEFAULT', REGION)
    for (const [index, key] of signing.entries()) store.state.setAlias(`alias/App-${index}`, key)
    store.state.setAlias('alias/secret', secret)
    store.state.setAlias('alias/other', signing[0]!)
    const list = (prefix?: string) => all(kms.admin!.list(prefix === undefined ? {} : { prefix }, call))
    const names = signing.map((_, index) => `awskms:///alias/App-${index}`)
    expect(await list()).toEqual([
      ...signing.map(({ arn }) => `awskms:///${arn}`),
      ...names,
      'awskms:///alias/other',
    ])
    expect(await list('awskms:///alias/App-')).toEqual(names)
    expect(await list(`awskms:///${signing[2]!.arn}`)).toEqual([`awskms:///${signing[2]!.arn}`])
    expect(await list('awskms:///?region=us-east-1')).toEqual([])
    for (const prefix of ['awskms:///alias/Non', 'awskms:///alias/App-?region=us-east-1', 'awskms:///0000']) {
      await expect(list(prefix)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('tells type, algorithms, state, time and protection of a key', async () => {
    await using store = await fakeAwsKms()
    await using kms = provider(store)
    const key = store.state.addKey('ECC_NIST_P256', REGION)
    key.state = 'Disabled'
    expect(await listed(kms.admin!.list({}, call))).toEqual([
      {
        reference: `awskms:///${key.arn}`,
        type: 'EC-P256',
        algorithms: ['ES256'],
        state: 'disabled',
        created: expect.any(Date),
        protection: 'hsm',
      },
    ])
  })

  it('says that a list was cut off', async () => {
    await using kms = provider(fake)
    const restore = fake.inject('ListKeys', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, Truncated: true, NextMarker: undefined }),
    })
    await expect(all(kms.admin!.list({}, call))).rejects.toMatchObject({ code: 'INTEGRITY' })
    restore()
  })
})

describe('the permissions it names are enough', () => {
  it('for each operation alone', async () => {
    await using kms = provider(fake)
    const { permissions, admin } = kms
    state.setAlias('alias/least', state.addKey('ECC_NIST_P256', REGION))
    fake.allow(permissions.create)
    await admin!.create({ reference: 'awskms:///alias/least-made', type: 'EC-P256' }, call)
    fake.allow(permissions.rotate)
    await admin!.rotate!('awskms:///alias/least', call)
    fake.allow(permissions.list)
    expect(await all(admin!.list({ prefix: 'awskms:///alias/least' }, call))).toHaveLength(2)
    fake.allow(permissions.open)
    await using signer = await openSigner(kms, 'awskms:///alias/least')
    fake.allow(permissions.sign)
    await signer.sign(Buffer.from('a message'))
  })
})
