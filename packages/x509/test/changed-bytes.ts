import fc from 'fast-check'

/** The bytes with one to three of them changed, and never as they were. */
export function changed(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({ at: fc.nat(bytes.length - 1), mask: fc.integer({ min: 1, max: 255 }) })
  return fc.uniqueArray(change, { minLength: 1, maxLength: 3, selector: ({ at }) => at }).map(changes => {
    const copy = Uint8Array.from(bytes)
    for (const { at, mask } of changes) copy[at]! ^= mask
    return copy
  })
}
