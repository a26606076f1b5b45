import type { EnvelopeFormat } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { envelope, testSigner } from '../../core/test/envelope-signing.ts'
import { mutantsOf, readOrRefuse } from '../../core/test/mutations.ts'
import { unmalleable } from '../../core/test/unmalleable.ts'
import { type Nv2Attributes, nv2, nv2First, nv2Jwt, openNv2 } from '../src/index.ts'

const signer = testSigner('EC-P256', 'ES256')
const first = {
  digest: `sha256:${'5'.repeat(64)}`,
  size: 42,
  references: ['registry.example/app:v1', 'registry.example/é'],
}
const content = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...first }
const attributes = {
  issuedAt: new Date('2025-06-01T12:00:00Z'),
  notBefore: new Date('2025-06-01T12:00:00Z'),
  expiry: new Date('2035-06-01T12:00:00Z'),
}

describe.each([
  ['overview JSON', nv2 as EnvelopeFormat<unknown, Nv2Attributes>, content],
  ['first JSON', nv2First as EnvelopeFormat<unknown, Nv2Attributes>, first],
  ['token', nv2Jwt as EnvelopeFormat<unknown, Nv2Attributes>, content],
])(
  'a mutated nv2 envelope is refused, or does not verify, or says what the good one says: %s',
  (_, format, signed) => {
    const good = envelope(format, signed, attributes, signer)
    const check = unmalleable(format, good, signer)

    it('is itself read and verified', () => {
      expect(check(good)).toBe(true)
    })

    it('mutated anywhere', () => {
      fc.assert(
        fc.property(mutantsOf(good), mutant => {
          check(mutant)
          readOrRefuse(() => openNv2(mutant))
        }),
        { numRuns },
      )
    })

    it('cut off anywhere is refused, or does not verify', () => {
      for (let length = 0; length < good.length; length++) check(good.subarray(0, length))
    })
  },
)

it('a token mutated within its parts is refused, or does not verify', () => {
  const good = envelope(nv2Jwt, content, attributes, signer)
  const parts = Buffer.from(good).toString().split('.')
  const check = unmalleable(nv2Jwt, good, signer)
  const within = (index: number) =>
    mutantsOf(Buffer.from(parts[index]!, 'base64url')).map(bytes =>
      Buffer.from(parts.with(index, Buffer.from(bytes).toString('base64url')).join('.')),
    )
  fc.assert(
    fc.property(fc.oneof(within(0), within(1), within(2)), mutant => {
      check(mutant)
    }),
    { numRuns },
  )
})
