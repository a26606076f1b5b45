import { setTimeout as sleep } from 'node:timers/promises'
import type { KeyProvider, KeyType } from '@sealwright/core'
import type { Damage, FaultHooks, ProviderHarness, SignFaultHooks } from '../src/index.ts'
import { acceptsOf, memoryKeys } from './memory-keys.ts'
import { abortable, type Fault, type MemoryReply, type MemoryStore, ok } from './memory-store.ts'
import { storedKey } from './stored-key.ts'

export const TYPES: readonly KeyType[] = [
  'RSA-2048',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
]

let made = 0

/** Every hook there is, over a store that has a key of each type. */
export function memoryHarness(
  store: MemoryStore,
  open: (store: MemoryStore) => KeyProvider = memoryKeys,
): ProviderHarness {
  const types = TYPES.filter(type => store.keys.has(type))
  const changing = (change: (name: string) => void) => {
    const name = `Changing-${++made}`
    store.add(name, 'EC-P256')
    return { reference: `memory:${name}`, change: async () => change(name) }
  }
  const addVersion = (name: string) => void store.keys.get(name)!.versions.push(storedKey('EC-P256'))
  return {
    name: 'a store in memory',
    open: () => open(store),
    keys: types.map(type => ({
      type,
      reference: () => `memory:${type}`,
      algorithms: acceptsOf(type),
    })),
    missing: () => 'memory:No-such-key',
    spellings: [{ given: 'memory://Team/Release', canonical: 'memory:Team/Release' }],
    refused: ['memory:', 'MEMORY:key', 'memory:key?pin=12345678'],
    secrets: [store.token, store.pin],
    versioned: true,
    rotate: () => changing(addVersion),
    moveAlias: () => {
      const { reference } = changing(() => {})
      const alias = `Alias-${made}`
      store.aliases.set(alias, reference.slice('memory:'.length))
      const other = changing(() => {}).reference.slice('memory:'.length)
      return { reference: `memory:${alias}`, change: async () => void store.aliases.set(alias, other) }
    },
    disable: () => changing(name => void Object.assign(store.keys.get(name)!, { disabled: true })),
    remove: () => changing(name => void store.keys.delete(name)),
    faults: {
      open: faults(store, 'describe'),
      sign: faults(store, 'sign'),
      list: faults(store, 'list'),
      create: faults(store, 'create'),
    },
    manage: {
      list: () => 'memory:',
      create: () => ({ reference: 'memory:Never-made', type: 'Ed25519' }),
    },
    wrongPin: () => {
      const before = store.wrongPins
      const pin = 'pin-that-is-wrong'
      return {
        provider: open({ ...store, pin, logIn: store.logIn }),
        reference: `memory:${types[0]}`,
        attempts: () => store.wrongPins - before,
        secret: pin,
      }
    },
    signCalls: () => store.signCalls,
    resources: () => store.connections + store.sessions.size + store.logIns,
  }
}

function faults(store: MemoryStore, operation: Fault['operation']): SignFaultHooks {
  const meeting = (meet: Fault['meet'], count = Number.POSITIVE_INFINITY) => {
    store.fault = { operation, count, meet }
    return () => {
      store.fault = undefined
    }
  }
  const answering = (reply: MemoryReply, count?: number) => meeting(async () => reply, count)
  const hooks: FaultHooks = {
    deny: () => answering({ status: 403, body: '{}' }),
    unauthenticated: () => answering({ status: 401, body: '{}' }),
    throttle: ({ count, retryAfterMs }) => {
      const retryAfter = retryAfterMs === undefined ? {} : { retryAfter: retryAfterMs / 1000 }
      return answering({ status: 429, body: '{}', ...retryAfter }, count)
    },
    saysRetryAfter: true,
    unavailable: ({ count }) => answering({ status: 503, body: '{}' }, count),
    hang: () => meeting((_, signal) => abortable(new Promise(() => {}), signal)),
    reset: () =>
      meeting(async () => {
        throw Object.assign(new Error('reset'), { code: 'ECONNRESET' })
      }),
    redirect: () => {
      const before = store.followed
      return {
        restore: answering({ status: 307, location: 'elsewhere', body: '' }),
        followed: () => store.followed - before,
      }
    },
    htmlError: () => answering({ status: 500, body: '<html><h1>Internal Server Error</h1></html>' }),
    corrupt: damage => meeting(async proceed => damaged(proceed(), damage)),
  }
  return {
    ...hooks,
    delay: delayMs =>
      meeting(async (proceed, signal) => {
        await abortable(sleep(delayMs), signal)
        return proceed()
      }),
  }
}

function damaged(reply: MemoryReply, damage: Damage): MemoryReply {
  const body = JSON.parse(reply.body) as Record<string, string>
  const member = 'signature' in body ? 'signature' : 'publicKey'
  const bytes = Buffer.from(body[member]!, 'base64')
  switch (damage) {
    case 'signature':
      bytes[bytes.length - 1]! ^= 0xff
      return ok({ ...body, [member]: bytes.toString('base64') })
    case 'truncated':
      return { ...reply, body: reply.body.slice(0, -20) }
    case 'empty':
      return ok({})
    case 'foreign': {
      const foreign = storedKey('Ed25519')
      const other =
        member === 'publicKey'
          ? foreign.spki
          : foreign.sign({ algorithm: 'Ed25519', input: 'message', bytes: Buffer.from('another message') })
      return ok({ ...body, [member]: other.toString('base64') })
    }
  }
}
