import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  ChangingKey,
  Damage,
  ProviderHarness,
  Redirection,
  SignFaultHooks,
} from '@sealwright/conformance'
import type { AlgorithmId, KeyDescriptor, KeyType } from '@sealwright/core'
import { hashicorpVault } from '../src/index.ts'
import { ROLE_ID, SECRET_ID, TOKEN_CANARY } from './fake-auth.ts'
import { type Effect, type FakeVault, type Operation, reply } from './fake-vault.ts'

const RSA: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const MESSAGE = { message: 786_432 }

/** What each type must declare; written out here, so that the adapter's table is checked against it. */
export const KEYS: readonly {
  readonly type: KeyType
  readonly transit: { readonly type: string; readonly parameter_set?: string }
  readonly algorithms: KeyDescriptor['algorithms']
}[] = [
  ...['2048', '3072', '4096'].map(bits => ({
    type: `RSA-${bits}` as KeyType,
    transit: { type: `rsa-${bits}` },
    algorithms: Object.fromEntries(RSA.map(id => [id, { digest: true as const }])),
  })),
  { type: 'EC-P256', transit: { type: 'ecdsa-p256' }, algorithms: { ES256: { digest: true } } },
  { type: 'EC-P384', transit: { type: 'ecdsa-p384' }, algorithms: { ES384: { digest: true } } },
  { type: 'EC-P521', transit: { type: 'ecdsa-p521' }, algorithms: { ES512: { digest: true } } },
  { type: 'Ed25519', transit: { type: 'ed25519' }, algorithms: { Ed25519: MESSAGE } },
]

/** Vault Enterprise has them; OpenBao does not. */
const ML_DSA: typeof KEYS = (['44', '65', '87'] as const).map(set => ({
  type: `ML-DSA-${set}` as const,
  transit: { type: 'ml-dsa', parameter_set: set },
  algorithms: { [`ML-DSA-${set}`]: MESSAGE },
}))

/** The ways to write a reference that need no store. */
export const SPELLINGS: ProviderHarness['spellings'] = [
  { given: 'hashivault://Release', canonical: 'hashivault://Release' },
  { given: 'hashivault://transit/Release', canonical: 'hashivault://Release' },
  {
    given: 'hashivault://Team/Sign/Release?version=3',
    canonical: 'hashivault://Team/Sign/Release?version=3',
  },
  {
    given: 'hashivault://Release?namespace=Acme/Ops/&version=12',
    canonical: 'hashivault://Release?version=12&namespace=Acme/Ops',
  },
  { given: 'openbao://transit/Release.key-1', canonical: 'hashivault://Release.key-1' },
  { given: 'hv:Release/7', canonical: 'hashivault://Release?version=7' },
]

export const REFUSED: readonly string[] = [
  'hashivault:',
  'hashivault:release',
  'hashivault://',
  'hashivault:///release',
  'hashivault://transit/',
  'HashiVault://release',
  'hashivault://../sys/mounts',
  'hashivault://transit/..',
  'hashivault://transit/../../sys/mounts',
  'hashivault://a/../b/release',
  'hashivault://./release',
  'hashivault://transit/%2e%2e',
  'hashivault://transit/rel%2Fease',
  'hashivault://release.',
  'hashivault://-release',
  'hashivault://rel ease',
  'hashivault://rel\nease',
  'hashivault://Schlüssel',
  'hashivault://vault.example:8200/transit/release',
  'hashivault://user@vault.example/transit/release',
  'hashivault://release?version=0',
  'hashivault://release?version=01',
  'hashivault://release?version=-1',
  'hashivault://release?version=latest',
  'hashivault://release?version=1&version=2',
  'hashivault://release?version',
  'hashivault://release?namespace=',
  'hashivault://release?namespace=../admin',
  'hashivault://release?namespace=a//b',
  'hashivault://release?engine=x',
  'hashivault://release?token=hvs.canary-in-reference',
  'hashivault://release?secret=canary-in-reference',
  'hashivault://release#1',
  'hv:release',
  'hv:release/latest',
  'hv:transit/release/1',
  'awskms:///alias/release',
]

let made = 0

/** Every hook there is, over the fake; the provider logs in by AppRole. */
export function fakeHarness(fake: FakeVault): ProviderHarness {
  const name = (prefix: string) => `${prefix}-${++made}`
  const add = (transit: { readonly type: string }, prefix = 'Key') => {
    const key = name(prefix)
    fake.transit.handle('POST', ['keys', key], new URLSearchParams(), { ...transit })
    return key
  }
  const changing = (change: (key: string) => void): ChangingKey => {
    const key = add({ type: 'ed25519' }, 'Changing')
    return { reference: `hashivault://${key}`, change: async () => change(key) }
  }
  const open = (secretId: string) =>
    hashicorpVault({ address: fake.url, auth: { method: 'approle', roleId: ROLE_ID, secretId } })
  return {
    name: 'hashicorp-vault on its wire fake',
    open: () => open(SECRET_ID),
    keys: [...KEYS, ...ML_DSA].map(({ type, transit, algorithms }) => ({
      type,
      algorithms,
      reference: once1(() => `hashivault://${add(transit)}`),
    })),
    missing: () => 'hashivault://No-such-key',
    spellings: SPELLINGS,
    refused: REFUSED,
    secrets: [SECRET_ID, TOKEN_CANARY],
    versioned: true,
    rotate: () =>
      changing(key => void fake.transit.handle('POST', ['keys', key, 'rotate'], new URLSearchParams(), {})),
    disable: () =>
      changing(key => {
        fake.transit.keys.get(key)!.softDeleted = true
      }),
    remove: () => changing(key => void fake.transit.keys.delete(key)),
    faults: {
      open: faults(fake, 'open'),
      sign: faults(fake, 'sign'),
      list: faults(fake, 'list'),
      create: faults(fake, 'create'),
    },
    manage: {
      list: () => 'hashivault://',
      create: () => ({ reference: 'hashivault://Never-made', type: 'Ed25519' }),
    },
    wrongPin: () => {
      const secret = 'a-wrong-secret-id'
      const before = fake.auth.logIns.length
      return {
        provider: open(secret),
        reference: `hashivault://${add({ type: 'ed25519' })}`,
        attempts: () => fake.auth.logIns.length - before,
        code: 'UNAUTHENTICATED',
        secret,
      }
    },
    signCalls: () => fake.transit.signCalls,
    resources: () =>
      fake.connections() + [...fake.auth.tokens.values()].filter(({ leased }) => leased).length,
  }
}

export function once1<T>(make: () => T): () => T {
  let value: T | undefined
  return () => {
    value ??= make()
    return value
  }
}

function faults(fake: FakeVault, operation: Operation): SignFaultHooks {
  const saying =
    (status: number, message: string, headers?: Record<string, string>): Effect =>
    ({ response }) =>
      reply(response, { status, body: { errors: [message] } }, headers)
  const meeting = (effect: Effect, count?: number) => fake.inject([operation], effect, count)
  return {
    deny: () => meeting(saying(403, '1 error occurred:\n\t* permission denied\n\n')),
    unauthenticated: () => fake.inject([operation, 'token'], saying(403, 'permission denied')),
    throttle: ({ count, retryAfterMs }) => {
      const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(retryAfterMs / 1000) }
      return meeting(saying(429, 'request path "transit/": rate limit quota exceeded', headers), count)
    },
    saysRetryAfter: true,
    unavailable: ({ count }) => meeting(saying(503, 'Vault is sealed'), count),
    hang: () => meeting(() => {}),
    reset: () => meeting(({ response }) => response.socket!.resetAndDestroy()),
    redirect: () => redirection(meeting),
    htmlError: () =>
      meeting(({ response }) => {
        response.writeHead(500, { 'content-type': 'text/html' })
        response.end('<html><h1>500 Internal Server Error</h1></html>')
      }),
    corrupt: damage => meeting(({ answer, response }) => damaged(response, answer().body as Reply, damage)),
    delay: delayMs =>
      meeting(({ answer, response }) => {
        setTimeout(() => reply(response, answer()), delayMs)
      }),
  }
}

async function redirection(meeting: (effect: Effect) => () => void): Promise<Redirection> {
  let followed = 0
  const elsewhere = createServer((_, response) => {
    followed++
    response.end('{}')
  })
  elsewhere.listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  const { port } = elsewhere.address() as AddressInfo
  const end = meeting(({ response }) => {
    response.writeHead(307, { location: `http://127.0.0.1:${port}/v1/stolen` })
    response.end()
  })
  return {
    followed: () => followed,
    restore: async () => {
      end()
      elsewhere.close()
      elsewhere.closeAllConnections()
      await once(elsewhere, 'close')
    },
  }
}

interface Reply {
  data: { signature?: string; keys?: Record<string, { public_key: string }> }
}

function damaged(response: Parameters<Effect>[0]['response'], body: Reply, damage: Damage): void {
  const { data } = body
  const change = (flip: (bytes: Buffer) => Buffer) => {
    if (data.signature !== undefined) {
      const [, prefix, text] = /^(vault:v\d+:)(.*)$/.exec(data.signature)!
      data.signature = prefix + flip(Buffer.from(text!, 'base64')).toString('base64')
      return
    }
    for (const version of Object.values(data.keys!)) {
      version.public_key = flip(Buffer.from(version.public_key, 'base64')).toString('base64')
    }
  }
  if (damage === 'truncated') {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body).slice(0, -20))
    return
  }
  if (damage === 'signature')
    change(bytes => bytes.map((byte, at) => (at === 5 ? byte ^ 0xff : byte)) as Buffer)
  if (damage === 'foreign') {
    // Of another Ed25519 key: RFC 8032 §7.1, test 2.
    change(({ length }) => Buffer.from(length === 32 ? FOREIGN.publicKey : FOREIGN.signature, 'hex'))
  }
  reply(response, { status: 200, body: damage === 'empty' ? {} : body })
}

const FOREIGN = {
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
}
