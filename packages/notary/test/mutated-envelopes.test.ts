import { decodeBase64url, encodeBase64url } from '@sealwright/core/encoding'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  notaryCose,
  notaryJws,
  openEnvelope,
  type SignatureBinding,
  type SoundEnvelope,
} from '../src/index.ts'
import { makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'

const CONTENT = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'ab'.repeat(32)}`,
  size: 528,
  annotations: { build: '42' },
}

/** What of an envelope means something: who signed what, and how. */
function meaning({ algorithm, attributes, payload, chain, content }: SoundEnvelope): object {
  const { signingAgent: _, ...signed } = attributes
  return {
    algorithm,
    signed,
    payload: Buffer.from(payload).toString(),
    content: content(),
    chain: chain.map(({ fingerprint }) => fingerprint),
  }
}

describe.each([notaryJws, notaryCose])('a $name envelope that was changed', binding => {
  let good: Uint8Array
  let signed: object
  let others: readonly Uint8Array[]
  beforeAll(async () => {
    const authority = await makeAuthority('Acme')
    const vendor = await makeParty({ organisation: 'Acme', authority })
    const sealed = (party: Party, change: object) =>
      sealedBy(party, { binding, expiry: new Date(NOW.getTime() + 1000) })({ ...CONTENT, ...change })
    good = (await sealed(vendor, {})).bytes
    signed = meaning(openEnvelope(binding, good).sound!)
    others = [(await sealed(vendor, { size: 529 })).bytes, (await sealed(authority, {})).bytes]
  })

  it('is refused, or still says what was signed and by whom', () => {
    fc.assert(
      fc.property(fc.array(edits, { minLength: 1, maxLength: 3 }), changes => {
        const mutant = changes.reduce((bytes, change) => change(bytes), good)
        const { sound, fault } = openEnvelope(binding, mutant)
        if (sound === undefined) expect(fault.why).not.toBe('')
        else expect(meaning(sound)).toEqual(signed)
      }),
      { numRuns },
    )
  })

  it('is refused with parts of another envelope in it', () => {
    for (const other of others) {
      const mixed = mixtures(binding, good, other)
      expect(mixed.length).toBeGreaterThan(0)
      for (const envelope of mixed) expect(openEnvelope(binding, envelope).sound).toBeUndefined()
    }
  })
})

const edits: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes)
    if (copy.length > 0) copy[at % copy.length]! ^= 1 << bit
    return copy
  }),
  fc
    .tuple(fc.nat(), fc.nat(12), fc.uint8Array({ maxLength: 4 }))
    .map(([at, remove, insert]) => (bytes: Uint8Array) => {
      const start = at % (bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)])
    }),
  // Where a JWS is text, a change of one character keeps it base64url.
  fc.tuple(fc.nat(), fc.constantFrom(...'ABab01_-"{},: \\')).map(([at, character]) => (bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes)
    if (copy.length > 0) copy[at % copy.length] = character.charCodeAt(0)
    return copy
  }),
)

/** Envelopes in which one part is taken from another. */
function mixtures(binding: SignatureBinding, good: Uint8Array, other: Uint8Array): readonly Uint8Array[] {
  if (binding.name === 'jws') {
    const [a, b] = [good, other].map(
      bytes => JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>,
    )
    const swapped = ['payload', 'protected', 'header', 'signature']
      .filter(name => JSON.stringify(a![name]) !== JSON.stringify(b![name]))
      .map(name => Buffer.from(JSON.stringify({ ...a, [name]: b![name] })))
    const spare = Buffer.from(decodeBase64url(a!.payload as string, 'payload'))
    spare[spare.length - 1]! ^= 1
    return [...swapped, Buffer.from(JSON.stringify({ ...a, payload: encodeBase64url(spare) }))]
  }
  const [a, b] = [good, other].map(bytes => {
    const { payload, signatures } = binding.envelope.open(bytes)
    return { bytes: Buffer.from(bytes), parts: [payload, signatures[0]!.bytes] }
  })
  return a!.parts.flatMap((part, index) => {
    const replacement = b!.parts[index]!
    if (Buffer.from(part).equals(replacement) || part.length !== replacement.length) return []
    const at = a!.bytes.indexOf(part)
    return [Buffer.concat([a!.bytes.subarray(0, at), replacement, a!.bytes.subarray(at + part.length)])]
  })
}
