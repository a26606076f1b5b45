import type { AlgorithmId, KeyDescriptor } from '@sealwright/core'
import { expect, it } from 'vitest'
import { certificateSigningAlgorithm } from '../src/index.ts'
import { makeKey, type TestKey } from './test-signer.ts'

function descriptor(type: TestKey, ...algorithms: readonly AlgorithmId[]): KeyDescriptor {
  return {
    reference: 'test:key',
    publicKey: makeKey(type).spki,
    algorithms: Object.fromEntries(algorithms.map(id => [id, { message: 4096 }])),
    protection: 'software',
  }
}

it.each<[TestKey, readonly AlgorithmId[], AlgorithmId]>([
  ['p256', ['ES256'], 'ES256'],
  ['p384', ['ES384'], 'ES384'],
  ['ed25519', ['Ed25519'], 'Ed25519'],
  ['rsa2048', ['PS512', 'PS256', 'RS512', 'RS256'], 'RS256'],
  ['rsa2048', ['PS512', 'PS256'], 'PS256'],
  ['rsa2048', ['RS512'], 'RS512'],
])('a key of type %s that may sign with %j signs certificates with %s', (type, accepted, algorithm) => {
  expect(certificateSigningAlgorithm(descriptor(type, ...accepted))).toBe(algorithm)
})

it.each<[TestKey, readonly AlgorithmId[]]>([
  ['p256', []],
  ['rsa2048', ['ES256']],
])('a key of type %s that may sign with %j only signs no certificates', (type, accepted) => {
  expect(() => certificateSigningAlgorithm(descriptor(type, ...accepted))).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED' }),
  )
})
