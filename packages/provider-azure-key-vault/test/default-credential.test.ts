import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { azureKeyVault } from '../src/index.ts'
import { fakeKeyVault } from './fake-key-vault.ts'
import { provider } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const identity = vi.hoisted(() => ({
  loaded: 0,
  made: 0,
  options: {} as object,
  getToken: async (): Promise<object | null> => null,
}))
vi.mock('@azure/identity', () => {
  identity.loaded++
  return {
    DefaultAzureCredential: class DefaultAzureCredential {
      readonly getToken = identity.getToken

      constructor(options: object) {
        identity.options = options
        identity.made++
      }
    },
  }
})

const call = { signal: new AbortController().signal }
const REFERENCE = 'azurekms://unit.vault.azure.net/Release'

beforeEach(() => {
  fake.state.addKey('Release', 'EC', { curve: 'P-256' })
  identity.getToken = async () => ({ token: fake.token, expiresOnTimestamp: Date.now() + 3_600_000 })
})

it('leaves @azure/identity alone where a credential is given', async () => {
  await using keys = provider(fake)
  await keys.open(REFERENCE, call)
  expect(identity.loaded).toBe(0)
})

it('finds the credential as the Azure SDK finds it where none is given, once', async () => {
  await using keys = oneAttempt(azureKeyVault({ endpoint: fake.origin, ca: fake.ca }))
  await Promise.all([keys.open(REFERENCE, call), keys.open(REFERENCE, call)])
  expect(identity.made).toBe(1)
  expect(await keys.identify!(call)).toMatchObject({
    source: expect.stringContaining('DefaultAzureCredential'),
  })
})

it('gives it the proxy that leads to Microsoft Entra ID, in the form that the SDK takes', async () => {
  const made = async (proxyEnv: Record<string, string>) => {
    await using keys = oneAttempt(azureKeyVault({ endpoint: fake.origin, ca: fake.ca, proxyEnv }))
    await keys.open(REFERENCE, call)
    return identity.options
  }
  expect(await made({ HTTPS_PROXY: 'proxy.example:3128' })).toEqual({
    proxyOptions: { host: 'http://proxy.example', port: 3128 },
  })
  expect(await made({ HTTPS_PROXY: 'https://u:p%40@proxy.example' })).toEqual({
    proxyOptions: { host: 'https://proxy.example', port: 443, username: 'u', password: 'p@' },
  })
  expect(await made({ HTTPS_PROXY: 'proxy.example', NO_PROXY: '.microsoftonline.com' })).toEqual({})
})
