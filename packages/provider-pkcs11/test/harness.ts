import { generateKeyPairSync } from 'node:crypto'
import type { Damage, FaultHooks, HarnessKey, ProviderHarness, SignFaultHooks } from '@sealwright/conformance'
import { algorithms, type KeyType } from '@sealwright/core'
import { pkcs11 } from '../src/index.ts'
import type { FakeFault, FakeModule } from './fake-module.ts'
import type { FakeToken } from './fake-token.ts'

const TYPES: readonly KeyType[] = [
  'RSA-2048',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
]

/** What the descriptor of a key declares on a token with the bare mechanisms. */
export function declared(type: KeyType): HarnessKey['algorithms'] {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  return Object.fromEntries(
    rows.map(({ id, hash }) => [id, hash ? { digest: true } : { message: 64 * 2 ** 20 }]),
  )
}

const hasMlDsa = Number(process.versions.openssl.split('.')[1]) >= 5

/** Every hook that means something for a token. */
export function fakeHarness(module: FakeModule, token: FakeToken): ProviderHarness {
  const types = TYPES.filter(type => hasMlDsa || !type.startsWith('ML-DSA'))
  const gate: { hang?: Promise<string> } = {}
  const open = () => pkcs11({ module, pin: async () => gate.hang ?? token.pin })
  const opening = openFaults(module, token, gate)
  let made = 0
  const changing = (change: (id: Buffer, label: string) => void) => {
    const label = `Changing ${++made}`
    const id = token.addKey('EC-P256', { label })
    return {
      reference: `pkcs11:token=ACME;object=${encodeURIComponent(label)}`,
      change: async () => change(id, label),
    }
  }
  return {
    name: 'pkcs11 over a module in memory',
    open,
    keys: types.map(type => {
      const ids: Record<string, Buffer> = {}
      return {
        type,
        reference: () => {
          ids[type] ??= token.addKey(type, { label: `Key ${type}` })
          return `pkcs11:token=ACME;object=Key%20${type}`
        },
        algorithms: declared(type),
      }
    }),
    missing: () => 'pkcs11:token=ACME;object=No-such-key',
    spellings: [
      {
        given: 'pkcs11:type=private;object=Rel;id=%ab%43;manufacturer=Fake%20;token=ACME%2FTeam',
        canonical: 'pkcs11:token=ACME%2FTeam;manufacturer=Fake;id=%AB%43;object=Rel',
      },
    ],
    refused: [
      'pkcs11:token=ACME',
      'pkcs11:token=ACME;object=k?pin-value=12345678',
      'pkcs11:token=ACME;object=k?pin-source=file:/run/pin',
      'pkcs11:token=ACME;object=k?module-path=/usr/lib/hsm.so',
      'pkcs11:token=ACME;object=k;type=public',
      'pkcs11:token=ACME;object=k;object=k',
      'pkcs11:token=A CME;object=k',
      'PKCS11:token=ACME;object=k',
    ],
    secrets: [token.pin!],
    moveAlias: () =>
      changing((id, label) => {
        for (const { attributes } of token.objects.values()) {
          if (attributes.get(0x102)?.equals(id)) attributes.set(0x3, Buffer.from(`Former ${label}`))
        }
        token.addKey('EC-P256', { label })
      }),
    disable: () =>
      changing(id => {
        for (const { attributes, key } of token.objects.values()) {
          if (key && attributes.get(0x102)?.equals(id)) attributes.set(0x108, Buffer.of(0))
        }
      }),
    remove: () => changing(id => token.remove(id)),
    faults: {
      open: opening,
      sign: signFaults(module),
      list: {
        deny: () => module.inject('C_FindObjectsInit', { rv: 'CKR_ACTION_PROHIBITED' }),
        hang: opening.hang!,
      },
      create: {
        deny: () => module.inject('C_GenerateKeyPairAsync', { rv: 'CKR_ACTION_PROHIBITED' }),
        hang: opening.hang!,
      },
    },
    manage: {
      list: () => 'pkcs11:token=ACME',
      create: () => ({ reference: `pkcs11:token=ACME;object=Made%20${++made}`, type: 'EC-P256' }),
    },
    wrongPin: () => {
      const before = module.countOf('C_Login')
      return {
        provider: pkcs11({ module, pin: async () => 'pin-that-is-wrong' }),
        reference: 'pkcs11:token=ACME;object=Key%20Ed25519',
        attempts: () => module.countOf('C_Login') - before,
        secret: 'pin-that-is-wrong',
      }
    },
    signCalls: () => module.countOf('C_SignAsync'),
    resources: () => module.sessions.size,
  }
}

function openFaults(module: FakeModule, token: FakeToken, gate: { hang?: Promise<string> }): FaultHooks {
  return {
    deny: () => module.inject('C_Login', { rv: 'CKR_ACTION_PROHIBITED' }),
    unauthenticated: () => {
      const { pin } = token
      token.pin = undefined
      return () => {
        token.pin = pin
      }
    },
    throttle: ({ count }) => module.inject('C_OpenSession', { rv: 'CKR_SESSION_COUNT', count }),
    unavailable: ({ count }) => module.inject('C_OpenSession', { rv: 'CKR_DEVICE_ERROR', count }),
    reset: () => module.inject('C_FindObjectsInit', { rv: 'CKR_DEVICE_REMOVED' }),
    hang: () => {
      const { promise, resolve } = Promise.withResolvers<string>()
      gate.hang = promise
      return () => {
        delete gate.hang
        resolve(token.pin!)
      }
    },
    corrupt: damage => {
      const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
      return module.inject('C_GetAttributeValue', {
        damage: (value, type) =>
          type === 0x181 ? damaged(value, damage, other.subarray(-value.length)) : value,
      })
    },
  }
}

function signFaults(module: FakeModule): SignFaultHooks {
  const inject = (fault: FakeFault) => module.inject('C_SignAsync', fault)
  return {
    deny: () => module.inject('C_SignInit', { rv: 'CKR_ACTION_PROHIBITED' }),
    unauthenticated: () => module.inject('C_SignInit', { rv: 'CKR_PIN_EXPIRED' }),
    unavailable: ({ count }) => inject({ rv: 'CKR_DEVICE_ERROR', count }),
    reset: () => inject({ rv: 'CKR_DEVICE_REMOVED' }),
    hang: () => inject({ hang: true }),
    delay: delayMs => inject({ delayMs }),
    corrupt: damage => inject({ damage: value => damaged(value, damage, Buffer.alloc(value.length, 7)) }),
  }
}

function damaged(value: Buffer, damage: Damage, foreign: Buffer): Buffer {
  switch (damage) {
    case 'signature':
      return Buffer.from(value.map((byte, index) => (index === value.length - 1 ? byte ^ 0x10 : byte)))
    case 'truncated':
      return value.subarray(0, -1)
    case 'foreign':
      return Buffer.from(foreign)
    case 'empty':
      return Buffer.alloc(0)
  }
}
