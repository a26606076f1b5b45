import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type {
  ChangingKey,
  Damage,
  ProviderHarness,
  Redirection,
  SignFaultHooks,
} from '@sealwright/conformance'
import type { AlgorithmId, KeyDescriptor, KeyProvider, KeyType } from '@sealwright/core'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { type AzureKeyVaultOptions, azureKeyVault } from '../src/index.ts'
import type { Effect, FakeKeyVault } from './fake-key-vault.ts'
import { loopbackCertificate } from './tls.ts'
import type { Shape } from './vault-key.ts'
import type { Operation } from './vault-state.ts'

const DIGEST = { digest: true } as const
const RSA: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

interface Row {
  readonly type: KeyType
  readonly name?: string
  readonly kty: string
  readonly shape: Shape
  readonly algorithms: KeyDescriptor['algorithms']
}

const all = (ids: readonly AlgorithmId[]) => Object.fromEntries(ids.map(id => [id, DIGEST]))

/** What each type must declare; written out here, so that the adapter's table is checked against it. */
export const KEYS: readonly Row[] = [
  { type: 'RSA-2048', kty: 'RSA', shape: { keySize: 2048 }, algorithms: all(RSA) },
  { type: 'RSA-3072', kty: 'RSA', shape: { keySize: 3072 }, algorithms: all(RSA) },
  { type: 'RSA-4096', kty: 'RSA', shape: { keySize: 4096 }, algorithms: all(RSA) },
  { type: 'RSA-2048', name: 'RSA-2048-HSM', kty: 'RSA-HSM', shape: { keySize: 2048 }, algorithms: all(RSA) },
  { type: 'EC-P256', kty: 'EC', shape: { curve: 'P-256' }, algorithms: all(['ES256']) },
  { type: 'EC-P384', kty: 'EC', shape: { curve: 'P-384' }, algorithms: all(['ES384']) },
  { type: 'EC-P521', kty: 'EC', shape: { curve: 'P-521' }, algorithms: all(['ES512']) },
  { type: 'EC-secp256k1', kty: 'EC', shape: { curve: 'P-256K' }, algorithms: all(['ES256K']) },
  {
    type: 'EC-P384',
    name: 'EC-P384-HSM',
    kty: 'EC-HSM',
    shape: { curve: 'P-384' },
    algorithms: all(['ES384']),
  },
]

const VERSION = '0123456789abcdef0123456789abcdef'

/** The ways to write a reference. */
export const SPELLINGS: ProviderHarness['spellings'] = [
  {
    given: 'azurekms://Unit.vault.azure.net/Release-Key',
    canonical: 'azurekms://unit.vault.azure.net/Release-Key',
  },
  {
    given: `azurekms://unit.vault.azure.net/Release/${VERSION}`,
    canonical: `azurekms://unit.vault.azure.net/Release/${VERSION}`,
  },
  {
    given: `azurekms://unit.vault.azure.net/keys/Release/${VERSION.toUpperCase()}`,
    canonical: `azurekms://unit.vault.azure.net/Release/${VERSION}`,
  },
  { given: 'azurekms:name=Release;vault=Unit', canonical: 'azurekms://unit.vault.azure.net/Release' },
  {
    given: `azurekms:vault=unit;name=Release?version=${VERSION}&environment=usgov`,
    canonical: `azurekms://unit.vault.usgovcloudapi.net/Release/${VERSION}`,
  },
  {
    given: `https://unit.vault.azure.cn/keys/Release/${VERSION}`,
    canonical: `azurekms://unit.vault.azure.cn/Release/${VERSION}`,
  },
  {
    given: 'https://unit.managedhsm.azure.net/keys/Release',
    canonical: 'azurekms://unit.managedhsm.azure.net/Release',
  },
]

export const REFUSED: ProviderHarness['refused'] = [
  'azurekms://unit/release',
  'azurekms://unit.vault.azure.net.evil.example/release',
  'azurekms://evil.example/release',
  'azurekms://user@unit.vault.azure.net/release',
  'azurekms://unit.vault.azure.net:8443/release',
  'azurekms://a.b.vault.azure.net/release',
  'azurekms://unit.vault.azure.net/',
  'azurekms://unit.vault.azure.net/release/1',
  'azurekms://unit.vault.azure.net/release?version=1',
  'azurekms://unit.vault.azure.net/rel%65ase',
  'azurekms:name=release;vault=unit;client-secret=hunter2hunter2;secret=hunter2hunter2',
  'azurekms:name=release;vault=unit;tenant-id=contoso',
  'azurekms:name=release;vault=unit?hsm=true',
  'https://unit.vault.azure.net/secrets/release',
  'http://unit.vault.azure.net/keys/release',
  'awskms:///alias/release',
  'file:release.key',
]

/** With failures named as core names them. */
export function provider(
  fake: FakeKeyVault,
  options: AzureKeyVaultOptions = {},
): KeyProvider & AsyncDisposable {
  return oneAttempt(storeOn(fake, options))
}

function storeOn(fake: FakeKeyVault, options: AzureKeyVaultOptions = {}): KeyProvider & AsyncDisposable {
  const fakes = { credential: fake.credential(), endpoint: fake.origin, ca: fake.ca }
  return azureKeyVault({ ...fakes, ...options })
}

export function fakeHarness(fake: FakeKeyVault): ProviderHarness {
  const { state } = fake
  const made = new Set<string>()
  let count = 0
  const changing = (change: (name: string) => void): ChangingKey => {
    const name = `Changing-${++count}`
    state.addKey(name, 'EC', { curve: 'P-256' })
    return { reference: `azurekms://${state.host}/${name}`, change: async () => change(name) }
  }
  return {
    name: 'azure-key-vault on its wire fake',
    open: () => storeOn(fake),
    keys: KEYS.map(({ type, name, kty, shape, algorithms }) => ({
      type,
      ...(name === undefined ? {} : { name }),
      algorithms,
      reference: () => {
        const key = `Kit-${name ?? type}`
        if (!made.has(key)) state.addKey(key, kty, shape)
        made.add(key)
        return `azurekms://${state.host}/${key}`
      },
    })),
    missing: () => `azurekms://${state.host}/missing`,
    spellings: SPELLINGS,
    refused: REFUSED,
    secrets: [fake.token, 'canary-token-signature-0123456789'],
    versioned: true,
    rotate: () => changing(name => void state.addVersion(name)),
    disable: () =>
      changing(name => {
        state.find(name).versions[0]!.attributes.enabled = false
      }),
    remove: () =>
      changing(name => {
        state.find(name).deleted = true
      }),
    faults: {
      open: hooks(fake, 'getKey'),
      sign: hooks(fake, 'sign'),
      list: hooks(fake, 'listKeys'),
      create: hooks(fake, 'createKey'),
    },
    manage: {
      list: () => 'azurekms://unit.vault.azure.net/',
      create: () => ({ reference: 'azurekms://unit.vault.azure.net/never-made', type: 'EC-P256' }),
    },
    signCalls: () => fake.calls('sign'),
    resources: () => fake.connections(),
  }
}

function hooks(fake: FakeKeyVault, operation: Parameters<FakeKeyVault['inject']>[0]): SignFaultHooks {
  const always = (effect: Effect) => () => fake.inject(operation, effect)
  return {
    deny: always({ kind: 'refuse', status: 403, code: 'Forbidden', inner: 'ForbiddenByRbac' }),
    unauthenticated: always({ kind: 'unauthenticated' }),
    throttle: ({ count, retryAfterMs }) =>
      fake.inject(
        operation,
        {
          kind: 'refuse',
          status: 429,
          code: 'Throttled',
          ...(retryAfterMs === undefined ? {} : { retryAfter: String(retryAfterMs / 1000) }),
        },
        count,
      ),
    saysRetryAfter: true,
    unavailable: ({ count }) =>
      fake.inject(operation, { kind: 'refuse', status: 503, code: 'ServiceUnavailable' }, count),
    hang: always({ kind: 'hang' }),
    reset: always({ kind: 'reset' }),
    redirect: () => redirection(fake, operation),
    htmlError: always({ kind: 'text', status: 500, text: '<html>bad gateway</html>', type: 'text/html' }),
    corrupt: damage =>
      fake.inject(operation, {
        kind: 'rewrite',
        reply: reply =>
          operation === 'sign' ? damagedSignature(fake, damage, reply) : damagedKey(fake, damage, reply),
      }),
    delay: delayMs => fake.inject(operation, { kind: 'delay', delayMs }),
  }
}

type Reply = Record<string, unknown>

function damagedSignature(fake: FakeKeyVault, damage: Damage, reply: Reply): Reply {
  const foreign = () => {
    const { key } = fake.state.addKey('foreign', 'EC', { curve: 'P-256' })
    return key.sign('ES256', Buffer.alloc(32, 7)).toString('base64url')
  }
  return { ...reply, value: damage === 'foreign' ? foreign() : damaged(damage, String(reply.value)) }
}

function damagedKey(fake: FakeKeyVault, damage: Damage, reply: Reply): Reply {
  const key = reply.key as Reply
  const foreign = () => fake.state.addKey('foreign', 'EC', { curve: 'P-256' }).key.jwk
  const members = damage === 'foreign' ? foreign() : { y: damaged(damage, String(key.y)) }
  return { ...reply, key: { ...key, ...members } }
}

function damaged(damage: Damage, text: string): string {
  const bytes = Buffer.from(text, 'base64url')
  if (damage === 'signature') bytes[bytes.length - 1]! ^= 0x55
  const length = { signature: bytes.length, truncated: bytes.length - 5, empty: 0, foreign: 0 }[damage]
  return bytes.subarray(0, length).toString('base64url')
}

/** To another server that would be trusted as well. */
async function redirection(fake: FakeKeyVault, operation: Operation): Promise<Redirection> {
  let followed = 0
  const other = createServer(loopbackCertificate(), (_, response) => {
    followed++
    response.end('{}')
  })
  other.on('connection', () => followed++)
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const to = `https://127.0.0.1:${(other.address() as AddressInfo).port}/`
  const end = fake.inject(operation, { kind: 'redirect', to })
  return {
    followed: () => followed,
    restore: async () => {
      end()
      other.closeAllConnections()
      other.close()
      await once(other, 'close')
    },
  }
}
