import { KeyClient } from '@azure/keyvault-keys'
import { openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { azureKeyVault } from '../src/index.ts'
import { CLAIMS, fakeKeyVault, tokenWith } from './fake-key-vault.ts'
import { provider } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const call = { signal: new AbortController().signal }

async function identified(token: string) {
  await using keys = azureKeyVault({
    credential: { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) },
  })
  return await keys.identify!(call)
}

describe('identify', () => {
  it('tells the class of the credential, the endpoint and whose the token is, before and after a key is opened', async () => {
    await using keys = provider(fake)
    const expected = {
      source: `FakeCredential (certificate or federated token), asking ${fake.origin}`,
      identity: `application ${CLAIMS.appid} (object ${CLAIMS.oid})`,
    }
    expect(await keys.identify!(call)).toEqual(expected)
    fake.state.addKey('Any', 'EC', { curve: 'P-256' })
    await keys.open('azurekms://unit.vault.azure.net/Any', call)
    const tokens = fake.tokens()
    expect(await keys.identify!(call)).toEqual(expected)
    expect(fake.tokens()).toBe(tokens)
  })

  it.each([
    [
      { xms_mirid: '/subscriptions/s/resourcegroups/r', appid: 'app', oid: 'o' },
      'Object (managed identity)',
      'application app (object o)',
    ],
    [
      { appid: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', upn: 'alice@corp.example', oid: 'o' },
      'Object (Azure CLI)',
      'alice@corp.example (object o)',
    ],
    [{ azp: 'app', azpacr: '1' }, 'Object (client secret)', 'application app'],
    [{ oid: 'o' }, 'Object', 'object o'],
    [{ upn: 'evil\u001b[2J', appid: 7 }, 'Object', undefined],
  ])('reads of %j no more than it says', async (claims, source, identity) => {
    expect(await identified(tokenWith(claims))).toEqual({
      source,
      ...(identity === undefined ? {} : { identity }),
    })
  })

  it.each([
    ['azurekms://unit.vault.usgovcloudapi.net/K', 'https://vault.usgovcloudapi.net/.default'],
    ['azurekms://unit.vault.azure.cn/K', 'https://vault.azure.cn/.default'],
    ['azurekms://unit.managedhsm.azure.net/K', 'https://managedhsm.azure.net/.default'],
    [undefined, 'https://vault.azure.net/.default'],
  ])('asks for %s a token of its cloud', async (reference, scope) => {
    const asked: unknown[] = []
    const getToken = async (scopes: unknown) => {
      asked.push(scopes)
      return { token: 'opaque', expiresOnTimestamp: Date.now() + 3_600_000 }
    }
    await using keys = oneAttempt(azureKeyVault({ credential: { getToken } }))
    await keys.identify!(call, reference)
    expect(asked).toEqual([[scope]])
  })

  it.each(['opaque', 'a.b.c', 'a.W10.c'])('says nothing about a token that is not a JWT: %s', async token => {
    expect(await identified(token)).toEqual({ source: 'Object' })
  })
})

describe('a ready client', () => {
  const client = () =>
    new KeyClient(fake.origin, fake.credential() as never, {
      tlsOptions: { ca: fake.ca },
      disableChallengeResourceVerification: true,
      retryOptions: { maxRetries: 0 },
    })
  const host = new URL(fake.origin).host

  it('signs and stays open', async () => {
    const ready = client()
    const hosts = [host]
    fake.state.addKey('Ready', 'EC', { curve: 'P-256' })
    const rehost = {
      kind: 'rewrite',
      reply: (reply: Record<string, unknown>) =>
        JSON.parse(JSON.stringify(reply).replaceAll('https://unit.vault.azure.net', fake.origin)),
    } as const
    const ends = [fake.inject('getKey', rehost), fake.inject('sign', rehost)]
    for (let round = 0; round < 2; round++) {
      await using keys = oneAttempt(azureKeyVault({ client: ready, hosts }))
      await using signer = await openSigner(keys, `azurekms://${host}/Ready`)
      expect((await signer.sign(Buffer.from('message'))).bytes).toHaveLength(64)
      expect(signer.certificates).toBeUndefined()
      expect(await keys.identify!(call)).toEqual({ source: 'the client that was given' })
    }
    for (const end of ends) end()
  })

  it('is asked for keys of its own vault only', async () => {
    await using keys = oneAttempt(azureKeyVault({ client: client() }))
    await expect(keys.open('azurekms://unit.vault.azure.net/Ready', call)).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })
})

describe('a provider that is disposed of', () => {
  it('asks nothing any more', async () => {
    const keys = provider(fake)
    fake.state.addKey('Late', 'EC', { curve: 'P-256' })
    const handle = await keys.open('azurekms://unit.vault.azure.net/Late', call)
    await keys[Symbol.asyncDispose]()
    const before = fake.requests.length
    await expect(keys.open('azurekms://unit.vault.azure.net/Late', call)).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(handle.certificates!(call)).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(fake.requests.length).toBe(before)
  })
})
