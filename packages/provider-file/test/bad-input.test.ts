import { isSealwrightError } from '@sealwright/core'
import { decodePem } from '@sealwright/core/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { readPrivateKey } from '../src/opened-keys.ts'
import { readEncryptedKey } from '../src/pbes2.ts'
import { openssl } from './key-folder.ts'

const clear = openssl(['genpkey', '-algorithm', 'ED25519'])
const files = [
  clear,
  openssl(['ecparam', '-name', 'prime256v1', '-genkey']),
  openssl(['pkcs8', '-topk8', '-passout', 'pass:x', '-v2', 'aes256'], clear),
  openssl(['pkcs8', '-topk8', '-passout', 'pass:x', '-scrypt'], clear),
].map(text => Buffer.from(text))
const encrypted = files.slice(2).map(file => Buffer.from(decodePem(file, 'good')[0]!.bytes))

/** A good input with some bytes replaced, removed, repeated or added. */
function mutated(inputs: readonly Buffer[]) {
  const edit = fc.record({ at: fc.nat(4095), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) })
  return fc
    .tuple(fc.constantFrom(...inputs), fc.array(edit, { minLength: 1, maxLength: 4 }))
    .map(([input, edits]) => {
      let bytes = input
      for (const { at, remove, insert } of edits) {
        const start = at % (bytes.length + 1)
        bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
      }
      return bytes
    })
}

function outcome<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    expect(isSealwrightError(error) && ['VALIDATION', 'UNSUPPORTED'].includes(error.code)).toBe(true)
    return undefined
  }
}

describe('a damaged key file', () => {
  it('is read as a key or ends in a named error', () => {
    fc.assert(
      fc.property(mutated(files), content => {
        outcome(() => readPrivateKey(Uint8Array.from(content), 'the file'))
      }),
      { numRuns },
    )
  })

  it('is never one that costs more than the limits, whatever its encryption says', () => {
    fc.assert(
      fc.property(mutated(encrypted), content => {
        const key = outcome(() => readEncryptedKey(content, 'the file'))
        if (key === undefined) return
        if (key.scheme.kdf.name === 'pbkdf2')
          expect(key.scheme.kdf.iterations).toBeLessThanOrEqual(10_000_000)
        else expect(128 * key.scheme.kdf.cost * key.scheme.kdf.blockSize).toBeLessThanOrEqual(64 * 2 ** 20)
        expect(key.scheme.iv).toHaveLength(16)
      }),
      { numRuns },
    )
  })

  it('of a thousand nested levels is refused', () => {
    let bytes = Buffer.alloc(0)
    for (let depth = 0; depth < 1000; depth++) {
      const head =
        bytes.length < 128 ? [0x30, bytes.length] : [0x30, 0x82, bytes.length >> 8, bytes.length & 255]
      bytes = Buffer.concat([Buffer.from(head), bytes])
    }
    expect(outcome(() => readEncryptedKey(bytes, 'the file'))).toBeUndefined()
  })
})
