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
import type { AlgorithmId, KeyDescriptor, KeyType } from '@sealwright/core'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { awsKms } from '../src/index.ts'
import type { Effect, FakeAwsKms } from './fake-aws-kms.ts'
import { ACCOUNT } from './kms-state.ts'

export const REGION = 'eu-central-1'

const HASHED = { digest: true, message: 4096 } as const
const RSA: readonly AlgorithmId[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

/** What each type must declare; written out here, so that the adapter's table is checked against it. */
export const KEYS: readonly {
  readonly type: KeyType
  readonly spec: string
  readonly algorithms: KeyDescriptor['algorithms']
}[] = [
  ...['2048', '3072', '4096'].map(bits => ({
    type: `RSA-${bits}` as KeyType,
    spec: `RSA_${bits}`,
    algorithms: Object.fromEntries(RSA.map(id => [id, HASHED])),
  })),
  { type: 'EC-P256', spec: 'ECC_NIST_P256', algorithms: { ES256: HASHED } },
  { type: 'EC-P384', spec: 'ECC_NIST_P384', algorithms: { ES384: HASHED } },
  { type: 'EC-P521', spec: 'ECC_NIST_P521', algorithms: { ES512: HASHED } },
  { type: 'EC-secp256k1', spec: 'ECC_SECG_P256K1', algorithms: { ES256K: HASHED } },
  { type: 'Ed25519', spec: 'ECC_NIST_EDWARDS25519', algorithms: { Ed25519: { message: 4096 } } },
  ...(['44', '65', '87'] as const).map(size => ({
    type: `ML-DSA-${size}` as const,
    spec: `ML_DSA_${size}`,
    algorithms: { [`ML-DSA-${size}`]: { mu: true, message: 4096 } } as KeyDescriptor['algorithms'],
  })),
]

const ARN = `arn:aws-us-gov:kms:us-gov-west-1:${ACCOUNT}:`
const ID = '1234abcd-12ab-34cd-56ef-1234567890ab'

/** The ways to write a reference that need no store. */
export const SPELLINGS: ProviderHarness['spellings'] = [
  { given: 'awskms:///alias/Release/App', canonical: 'awskms:///alias/Release/App' },
  { given: 'awskms:alias/Release', canonical: 'awskms:///alias/Release' },
  { given: `awskms:${ID}`, canonical: `awskms:///${ID}` },
  { given: `${ARN}key/${ID}`, canonical: `awskms:///${ARN}key/${ID}` },
  { given: `awskms:///${ARN}alias/Release`, canonical: `awskms:///${ARN}alias/Release` },
  {
    given: `awskms:key-id=alias/Release;region=us-east-1`,
    canonical: 'awskms:///alias/Release?region=us-east-1',
  },
]

export const REFUSED: ProviderHarness['refused'] = [
  'awskms://localhost:4566/alias/release',
  'awskms:///',
  'awskms:///release',
  'awskms:key-id=alias/a;secret-access-key=hunter2hunter2;secret=hunter2hunter2',
  'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1',
  'file:release.key',
]

export function fakeHarness(fake: FakeAwsKms): ProviderHarness {
  const { state } = fake
  const made = new Map<string, string>()
  const changing = (change: (name: string) => void): ChangingKey => {
    const name = `alias/changing-${state.aliases.length}`
    state.setAlias(name, state.addKey('ECC_NIST_P256', REGION))
    return { reference: `awskms:///${name}`, change: async () => change(name) }
  }
  const move = () => changing(name => state.setAlias(name, state.addKey('ECC_NIST_P256', REGION)))
  const toState = (to: string) =>
    changing(name => {
      state.find(name, REGION).state = to
    })
  return {
    name: 'aws-kms on its wire fake',
    open: () => storeOn(fake),
    keys: KEYS.map(({ type, spec, algorithms }) => ({
      type,
      algorithms,
      reference: () => {
        const known = made.get(spec) ?? `awskms:///${state.addKey(spec, REGION).arn}`
        made.set(spec, known)
        return known
      },
    })),
    missing: () => `awskms:///${ID}`,
    spellings: SPELLINGS,
    refused: REFUSED,
    secrets: [fake.credentials.secretAccessKey, fake.credentials.sessionToken],
    rotate: move,
    moveAlias: move,
    disable: () => toState('Disabled'),
    remove: () => toState('PendingDeletion'),
    faults: {
      open: hooks(fake, 'GetPublicKey', 'PublicKey'),
      sign: hooks(fake, 'Sign', 'Signature'),
      list: hooks(fake, 'ListKeys', 'Keys'),
      create: hooks(fake, 'CreateKey', 'KeyMetadata'),
    },
    manage: {
      list: () => 'awskms:///',
      create: () => ({ reference: 'awskms:///', type: 'EC-P256' }),
    },
    signCalls: () => fake.calls('Sign'),
    resources: () => fake.connections(),
  }
}

/** With failures named as core names them. */
export function provider(fake: FakeAwsKms): ReturnType<typeof awsKms> {
  return oneAttempt(storeOn(fake))
}

function storeOn(fake: FakeAwsKms) {
  return awsKms({ endpoint: fake.url, region: REGION, credentials: fake.credentials })
}

function hooks(fake: FakeAwsKms, operation: string, member: string): FaultHooks & SignFaultHooks {
  const always = (effect: Effect) => () => fake.inject(operation, effect)
  return {
    deny: always({ kind: 'refuse', name: 'AccessDeniedException' }),
    unauthenticated: always({ kind: 'refuse', name: 'ExpiredTokenException' }),
    throttle: ({ count, retryAfterMs }) =>
      fake.inject(
        operation,
        {
          kind: 'refuse',
          name: 'ThrottlingException',
          ...(retryAfterMs === undefined ? {} : { retryAfterS: retryAfterMs / 1000 }),
        },
        count,
      ),
    saysRetryAfter: true,
    unavailable: ({ count }) =>
      fake.inject(operation, { kind: 'refuse', name: 'KMSInternalException', status: 500 }, count),
    hang: always({ kind: 'hang' }),
    reset: always({ kind: 'reset' }),
    redirect: () => redirection(to => fake.inject(operation, { kind: 'redirect', to })),
    htmlError: always({
      kind: 'text',
      status: 500,
      text: '<html>bad gateway</html>',
      headers: { 'content-type': 'text/html' },
    }),
    corrupt: damage =>
      fake.inject(operation, {
        kind: 'rewrite',
        reply: reply => ({ ...reply, [member]: damaged(fake, damage, reply, member) }),
      }),
    delay: delayMs => fake.inject(operation, { kind: 'delay', delayMs }),
  }
}

function damaged(
  fake: FakeAwsKms,
  damage: Damage,
  reply: Readonly<Record<string, unknown>>,
  member: string,
): string {
  const bytes = Buffer.from(String(reply[member]), 'base64')
  switch (damage) {
    case 'signature':
      bytes[bytes.length - 1]! ^= 0x55
      return bytes.toString('base64')
    case 'truncated':
      return bytes.subarray(0, bytes.length - 5).toString('base64')
    case 'empty':
      return ''
    default: {
      const { spec } = fake.state.find(String(reply.KeyId), REGION)
      const { key } = fake.state.addKey(spec, REGION)
      const foreign =
        member === 'PublicKey'
          ? key!.spki
          : key!.sign(key!.algorithms[0]!, 'RAW', Buffer.from('another message'))
      return foreign.toString('base64')
    }
  }
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
