import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { type KeyProvider, SealwrightError } from '@sealwright/core'

export interface FakeProvider extends KeyProvider {
  /** Lets an alias mean another version from now on. */
  move(version: string): void
  closed: number
}

/** A store of EC keys in memory: `fake:alias` means the version it was moved to, `fake:NAME/VERSION` is one key. */
export function fakeProvider(scheme = 'fake'): FakeProvider {
  const keys = new Map<string, KeyObject>()
  let version = '1'
  const keyOf = (reference: string) => {
    const known = keys.get(reference)
    if (known !== undefined) return known
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    keys.set(reference, privateKey)
    return privateKey
  }
  const provider: FakeProvider = {
    contract: 1,
    name: scheme,
    schemes: [scheme],
    permissions: {},
    canonical: reference => {
      if (!reference.startsWith(`${scheme}:`)) throw new SealwrightError('VALIDATION', 'no reference')
      return reference
    },
    open: async reference => {
      const resolved = reference.includes('/') ? reference : `${reference}/${version}`
      const privateKey = keyOf(resolved)
      const { publicKey } = { publicKey: spki(privateKey) }
      return {
        key: {
          reference: resolved,
          publicKey,
          algorithms: { ES256: { message: 1000 } },
          protection: 'software',
        },
        signRaw: async ({ bytes }) => ({
          bytes: sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }),
          encoding: 'raw',
        }),
      }
    },
    classify: () => undefined,
    move: next => {
      version = next
    },
    closed: 0,
    [Symbol.asyncDispose]: async () => {
      provider.closed++
    },
  }
  return provider
}

function spki(privateKey: KeyObject): Uint8Array {
  const jwk = privateKey.export({ format: 'jwk' })
  const point = Buffer.concat([
    Buffer.of(4),
    Buffer.from(jwk.x!, 'base64url'),
    Buffer.from(jwk.y!, 'base64url'),
  ])
  return Buffer.concat([Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'), point])
}

export const at = new Date('2026-03-01T12:00:00Z')
export const later = new Date('2026-11-22T12:00:00Z')
