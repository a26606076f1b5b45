import { type ProviderHarness, providerCases } from '@sealwright/conformance'
import { afterAll, describe, it } from 'vitest'
import { azureKeyVault } from '../../packages/provider-azure-key-vault/src/index.ts'
import { fakeKeyVault } from '../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import {
  fakeHarness,
  KEYS,
  REFUSED,
  SPELLINGS,
} from '../../packages/provider-azure-key-vault/test/harness.ts'
import { type AzureKeyVaultEmulator, startAzureKeyVault } from '../services/azure-key-vault.ts'
import { shared } from '../services/shared.ts'

const START_MS = 120_000

let emulator: AzureKeyVaultEmulator
const running = shared(async context => {
  emulator = await startAzureKeyVault(context)
  return emulator
})

let audience: string | undefined
let count = 0
const made = new Map<string, Promise<string>>()

/** It knows neither P-256K nor keys in hardware. */
const known = KEYS.filter(({ type, name }) => name === undefined && type !== 'EC-secp256k1')

async function make(name: string, spec: object): Promise<string> {
  await emulator.call('POST', `/keys/${name}/create`, { key_ops: ['sign', 'verify'], ...spec })
  return `azurekms://${emulator.host}/${name}`
}

async function changing(change: (name: string) => Promise<unknown>) {
  const name = `Changing-${++count}`
  const reference = await make(name, { kty: 'EC', crv: 'P-256' })
  return { reference, change: async () => void (await change(name)) }
}

function specOf({ kty, shape }: (typeof known)[number]): object {
  return 'curve' in shape ? { kty, crv: shape.curve } : { kty, key_size: shape.keySize }
}

const otherAudience = () => {
  audience = 'https://elsewhere.example'
  return () => {
    audience = undefined
  }
}

const harness: ProviderHarness = {
  name: 'azure-key-vault on azure-keyvault-emulator',
  open: () =>
    azureKeyVault({
      endpoint: emulator.origin,
      ca: emulator.ca,
      disableChallengeResourceVerification: true,
      // Tokens about to end are asked for again with each request, so that a fault can change them.
      credential: {
        getToken: async () => ({ token: emulator.token(audience), expiresOnTimestamp: Date.now() + 60_000 }),
      },
    }),
  keys: known.map(key => ({
    type: key.type,
    algorithms: key.algorithms,
    reference: () => {
      const reference = made.get(key.type) ?? make(`Kit-${key.type}`, specOf(key))
      made.set(key.type, reference)
      return reference
    },
  })),
  missing: () => `azurekms://${emulator.host}/missing`,
  spellings: SPELLINGS,
  refused: REFUSED,
  secrets: [],
  versioned: true,
  rotate: () => changing(name => make(name, { kty: 'EC', crv: 'P-256' })),
  disable: () =>
    changing(name => emulator.call('PATCH', `/keys/${name}`, { attributes: { enabled: false } })),
  remove: () => changing(name => emulator.call('DELETE', `/keys/${name}`)),
  faults: { open: { unauthenticated: otherAudience } },
}

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

describe('the cases of every key store', () => {
  for (const { title, skip, run } of providerCases({ ...harness, fake: fakeHarness(fake) })) {
    it(title, { timeout: START_MS }, async context => {
      if (skip !== undefined) context.skip(skip)
      await running(context)
      await run()
    })
  }
})
