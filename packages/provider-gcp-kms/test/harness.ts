import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type {
  ChangingKey,
  Damage,
  FaultHooks,
  ProviderHarness,
  Redirection,
  SignFaultHooks,
} from '@sealwright/conformance'
import type { AlgorithmId, KeyDescriptor, KeyProvider, KeyType } from '@sealwright/core'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { type GcpAuthClient, gcpKms } from '../src/index.ts'
import type { Effect } from './fake-gcp-kms/effect.ts'
import type { FakeGcpKms, Transport } from './fake-gcp-kms/fake.ts'
import { KEY_RING, LOCATION } from './fake-gcp-kms/kms-state.ts'
import { Refused } from './fake-gcp-kms/refused.ts'
import { checksum, type Message, pemOf } from './fake-gcp-kms/semantics.ts'
import { versionKey } from './fake-gcp-kms/version-key.ts'

const DIGEST = { digest: true } as const
const MESSAGE = { message: 65_536 } as const

interface StoredKey {
  readonly type: KeyType
  readonly algorithm: string
  readonly algorithms: KeyDescriptor['algorithms']
  readonly protectionLevel?: string
}

function stored(
  algorithm: string,
  type: KeyType,
  ids: readonly AlgorithmId[],
  accepts: KeyDescriptor['algorithms'][AlgorithmId] & object,
): StoredKey {
  return { type, algorithm, algorithms: Object.fromEntries(ids.map(id => [id, accepts])) }
}

const RS: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512']

/** What each algorithm must declare; written out here, so that the adapter's table is checked against it. */
const KEYS: readonly StoredKey[] = [
  stored('RSA_SIGN_PKCS1_2048_SHA256', 'RSA-2048', ['RS256'], DIGEST),
  stored('RSA_SIGN_PKCS1_3072_SHA256', 'RSA-3072', ['RS256'], DIGEST),
  stored('RSA_SIGN_PKCS1_4096_SHA256', 'RSA-4096', ['RS256'], DIGEST),
  stored('RSA_SIGN_PKCS1_4096_SHA512', 'RSA-4096', ['RS512'], DIGEST),
  stored('RSA_SIGN_PSS_2048_SHA256', 'RSA-2048', ['PS256'], DIGEST),
  stored('RSA_SIGN_PSS_3072_SHA256', 'RSA-3072', ['PS256'], DIGEST),
  stored('RSA_SIGN_PSS_4096_SHA256', 'RSA-4096', ['PS256'], DIGEST),
  stored('RSA_SIGN_PSS_4096_SHA512', 'RSA-4096', ['PS512'], DIGEST),
  stored('RSA_SIGN_RAW_PKCS1_2048', 'RSA-2048', RS, DIGEST),
  stored('RSA_SIGN_RAW_PKCS1_3072', 'RSA-3072', RS, DIGEST),
  stored('RSA_SIGN_RAW_PKCS1_4096', 'RSA-4096', RS, DIGEST),
  stored('EC_SIGN_P256_SHA256', 'EC-P256', ['ES256'], DIGEST),
  stored('EC_SIGN_P384_SHA384', 'EC-P384', ['ES384'], DIGEST),
  stored('EC_SIGN_SECP256K1_SHA256', 'EC-secp256k1', ['ES256K'], DIGEST),
  { ...stored('EC_SIGN_P256_SHA256', 'EC-P256', ['ES256'], MESSAGE), protectionLevel: 'EXTERNAL_VPC' },
  { ...stored('RSA_SIGN_PSS_2048_SHA256', 'RSA-2048', ['PS256'], MESSAGE), protectionLevel: 'EXTERNAL' },
  stored('EC_SIGN_ED25519', 'Ed25519', ['Ed25519'], MESSAGE),
  ...(['44', '65', '87'] as const).flatMap(size => {
    const id = `ML-DSA-${size}` as const
    return [
      stored(`PQ_SIGN_ML_DSA_${size}`, id, [id], MESSAGE),
      stored(`PQ_SIGN_ML_DSA_${size}_EXTERNAL_MU`, id, [id], { mu: true }),
    ]
  }),
]

const RING = 'projects/acme-signing/locations/Europe-West3/keyRings/Release_Ring'
const KEY = `${RING}/cryptoKeys/App-Key`

/** The ways to write a reference that need no store. */
const SPELLINGS: ProviderHarness['spellings'] = [
  { given: `gcpkms://${KEY}`, canonical: `gcpkms://${KEY}` },
  { given: `gcpkms://${KEY}/cryptoKeyVersions/12`, canonical: `gcpkms://${KEY}/cryptoKeyVersions/12` },
  { given: `gcpkms://${KEY}/versions/3`, canonical: `gcpkms://${KEY}/cryptoKeyVersions/3` },
  {
    given: `gcpkms:${KEY}/cryptoKeyVersions/1`,
    canonical: `gcpkms://${KEY}/cryptoKeyVersions/1`,
  },
  { given: `cloudkms:${KEY}/cryptoKeyVersions/1`, canonical: `gcpkms://${KEY}/cryptoKeyVersions/1` },
  { given: `cloudkms:resource=${KEY}`, canonical: `gcpkms://${KEY}` },
  { given: `gcp-kms://${KEY}`, canonical: `gcpkms://${KEY}` },
  { given: `${KEY}/cryptoKeyVersions/1`, canonical: `gcpkms://${KEY}/cryptoKeyVersions/1` },
  { given: `//cloudkms.googleapis.com/${KEY}`, canonical: `gcpkms://${KEY}` },
  {
    given: 'gcpkms://projects/example.com:app/locations/global/keyRings/r/cryptoKeys/k',
    canonical: 'gcpkms://projects/example.com:app/locations/global/keyRings/r/cryptoKeys/k',
  },
]

const REFUSED: ProviderHarness['refused'] = [
  'gcpkms://',
  'gcpkms://projects/p/locations/l/keyRings/r',
  `gcpkms://${KEY}/cryptoKeyVersions/0`,
  `gcpkms://${KEY}/cryptoKeyVersions/latest`,
  `gcpkms://${KEY}/cryptoKeyVersions/1/publicKey`,
  `gcpkms://cloudkms.example/${KEY}`,
  `gcpkms:///${KEY}`,
  `GCPKMS://${KEY}`,
  `gcpkms://${KEY}?access_token=hunter2hunter2`,
  `cloudkms:${KEY}?credentials-file=key.json`,
  `gcpkms://${KEY}/../../r/cryptoKeys/other`,
  `gcpkms://projects/p%2Fq/locations/l/keyRings/r/cryptoKeys/k`,
  'awskms:///alias/release',
  'file:release.key',
]

export function fakeHarness(fake: FakeGcpKms, transport: Transport): ProviderHarness {
  const { state } = fake
  const made = new Map<StoredKey, string>()
  const changing = (change: (key: string) => void): ChangingKey => {
    const key = state.addKey('EC_SIGN_P256_SHA256')
    return { reference: `gcpkms://${key}`, change: async () => change(key) }
  }
  const toState = (to: string) =>
    changing(key => {
      state.version(`${key}/cryptoKeyVersions/1`).state = to
    })
  return {
    name: `gcp-kms over ${transport} on its wire fake`,
    open: () => storeOn(fake, transport),
    keys: KEYS.map(each => ({
      type: each.type,
      name: [each.algorithm, each.protectionLevel].filter(Boolean).join('-'),
      algorithms: each.algorithms,
      reference: () => {
        const { algorithm, protectionLevel } = each
        const options = protectionLevel === undefined ? {} : { protectionLevel }
        const known = made.get(each) ?? `gcpkms://${state.addKey(algorithm, options)}/cryptoKeyVersions/1`
        made.set(each, known)
        return known
      },
    })),
    missing: () => `gcpkms://${KEY_RING}/cryptoKeys/No-such-key/cryptoKeyVersions/1`,
    spellings: SPELLINGS,
    refused: REFUSED,
    secrets: [fake.token],
    versioned: true,
    rotate: () => changing(key => state.addVersion(key)),
    disable: () => toState('DISABLED'),
    remove: () => toState('DESTROY_SCHEDULED'),
    faults: {
      open: hooks(fake, 'GetPublicKey'),
      sign: hooks(fake, 'AsymmetricSign'),
      list: hooks(fake, 'ListCryptoKeys'),
      create: hooks(fake, 'CreateCryptoKey'),
    },
    manage: {
      list: () => `gcpkms://${RING}/cryptoKeys/`,
      create: () => ({ reference: `gcpkms://${RING}/cryptoKeys/never-made`, type: 'EC-P256' }),
    },
    signCalls: () => fake.calls('AsymmetricSign'),
    resources: () => fake.connections(),
  }
}

/** Whoever holds the token that the fake takes. */
export function tokenOf({ token }: Pick<FakeGcpKms, 'token'>): GcpAuthClient {
  return {
    universeDomain: 'googleapis.com',
    getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` }),
  }
}

function storeOn(fake: FakeGcpKms, transport: Transport): KeyProvider & AsyncDisposable {
  const options = { transport, endpoint: fake.url(transport), authClient: tokenOf(fake) }
  return gcpKms(options) as KeyProvider & AsyncDisposable
}

export async function listed(keys: KeyProvider, prefix?: string): Promise<readonly string[]> {
  const query = prefix === undefined ? {} : { prefix }
  const found: string[] = []
  const signal = new AbortController().signal
  for await (const each of keys.admin!.list(query, { signal })) found.push(each.reference)
  return found
}

/** A key in its ring, so that references of tests are short. */
export const IN = { ring: `gcpkms://${KEY_RING}`, location: `gcpkms://${LOCATION}` } as const

function hooks(fake: FakeGcpKms, method: Parameters<FakeGcpKms['inject']>[0]): FaultHooks & SignFaultHooks {
  const always = (effect: Effect) => () => fake.inject(method, effect)
  const refusing = (code: number, message = 'refused') =>
    always({ kind: 'refuse', refused: new Refused(code, message) })
  return {
    deny: refusing(7),
    unauthenticated: refusing(16),
    throttle: ({ count, retryAfterMs }) => {
      const details =
        retryAfterMs === undefined ? [] : [{ type: 'RetryInfo', seconds: retryAfterMs / 1000 } as const]
      return fake.inject(method, { kind: 'refuse', refused: new Refused(8, 'quota', details) }, count)
    },
    saysRetryAfter: true,
    unavailable: ({ count }) =>
      fake.inject(method, { kind: 'refuse', refused: new Refused(14, 'later') }, count),
    hang: always({ kind: 'hang' }),
    reset: always({ kind: 'reset' }),
    redirect: () => redirection(to => fake.inject(method, { kind: 'redirect', to })),
    htmlError: always({ kind: 'html' }),
    corrupt: damage => fake.inject(method, damaging(fake, damage)),
    delay: delayMs => fake.inject(method, { kind: 'delay', delayMs }),
  }
}

function damaging(fake: FakeGcpKms, damage: Damage): Effect {
  switch (damage) {
    case 'truncated':
      return { kind: 'truncate' }
    case 'empty':
      return { kind: 'rewrite', reply: () => ({}) }
    case 'signature':
      return { kind: 'rewrite', reply: flipped }
    default:
      return { kind: 'rewrite', reply: reply => foreign(fake, reply) }
  }
}

/** One bit, with the checksum of what was before. */
function flipped(reply: Message): Message {
  if (typeof reply.pem === 'string') {
    const at = reply.pem.length >> 1
    return {
      ...reply,
      pem: `${reply.pem.slice(0, at)}${reply.pem[at] === 'A' ? 'B' : 'A'}${reply.pem.slice(at + 1)}`,
    }
  }
  const signature = Buffer.from(reply.signature as Buffer)
  signature[signature.length - 1]! ^= 1
  return { ...reply, signature }
}

/** Of another key, with the right checksum: what only a verification shows. */
function foreign({ state }: FakeGcpKms, reply: Message): Message {
  const { algorithm } = state.version(String(reply.name))
  const other = versionKey(algorithm)!
  if (typeof reply.pem === 'string') {
    const pem = pemOf(other.spki)
    return { ...reply, pem, pemCrc32c: checksum(Buffer.from(pem)) }
  }
  const signature = other.signData(Buffer.from('another message'))
  return { ...reply, signature, signatureCrc32c: checksum(signature) }
}

async function redirection(inject: (to: string) => () => void): Promise<Redirection> {
  let followed = 0
  const other = createServer((_, response) => {
    followed++
    response.end('{}')
  })
  other.listen(0, '127.0.0.1')
  await once(other, 'listening')
  const end = inject(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
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

/** The same, with failures named as core names them. */
export function provider(...given: Parameters<typeof storeOn>): ReturnType<typeof storeOn> {
  return oneAttempt(storeOn(...given))
}
