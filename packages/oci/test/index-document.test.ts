import fc from 'fast-check'
import { expect, test } from 'vitest'
import { IndexDocument } from '../src/layout/index-document.ts'
import { INDEX, MANIFEST } from './artifacts.ts'
import { RUNS } from './runs.ts'

const REF_NAME = 'org.opencontainers.image.ref.name'
const digest = fc.integer({ min: 0, max: 5 }).map(digit => `sha256:${`${digit}`.repeat(64)}`)
const entry = fc
  .record({
    digest,
    tag: fc.option(fc.constantFrom('v1', 'v2', 'latest')),
    more: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
  })
  .map(({ digest: named, tag, more }) => ({
    mediaType: MANIFEST,
    digest: named,
    size: 7,
    annotations: { ...more, ...(tag === null ? {} : { [REF_NAME]: tag }) },
    'com.example': more,
  }))
const document = fc.record({
  schemaVersion: fc.constant(2),
  mediaType: fc.constant(INDEX),
  manifests: fc.array(entry, { maxLength: 5 }),
  unknown: fc.jsonValue(),
})

test('index.json: printed as it was read, unknown members and all', () => {
  fc.assert(
    fc.property(document, value => {
      const printed = IndexDocument.parse(Buffer.from(JSON.stringify(value)), 'index.json').print()
      expect(JSON.parse(Buffer.from(printed).toString())).toEqual(JSON.parse(JSON.stringify(value)))
    }),
    { numRuns: RUNS },
  )
})

test('index.json: a tag names one manifest once it was set, and no manifest is lost by it', () => {
  fc.assert(
    fc.property(document, digest, fc.constantFrom('v1', 'v3'), (value, named, tag) => {
      const before = IndexDocument.parse(Buffer.from(JSON.stringify(value)), 'index.json')
      const descriptor = { mediaType: MANIFEST, digest: named, size: 7 }
      const after = IndexDocument.parse(before.tag(descriptor, tag).print(), 'index.json')
      expect(after.tagged(tag)).toEqual([descriptor])
      for (const { descriptor: kept, tags } of before.entries()) {
        expect(after.find(kept.digest)).toEqual(kept)
        for (const other of tags.filter(name => name !== tag))
          expect(after.tagged(other)).toEqual(before.tagged(other))
      }
      expect(after.with(descriptor).entries()).toEqual(after.entries())
      expect(after.without(named).find(named)).toBeUndefined()
    }),
    { numRuns: RUNS },
  )
})
