import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { IndexDocument } from '../../src/layout/index-document.ts'
import { INDEX, MANIFEST } from '../artifacts.ts'

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
    { numRuns },
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
    { numRuns },
  )
})

test('index.json: what others wrote stays byte for byte, but for what is edited', () => {
  const digest = `sha256:${'1'.repeat(64)}`
  const other = `sha256:${'2'.repeat(64)}`
  const foreign = '{ "mediaType":"x/y", "digest":"nothing", "size": 1e3, "n":[ 12345678901234567890 ] }'
  const entry = `{"x":12345678901234567890,"mediaType":"${MANIFEST}","digest":"${digest}","size":7,"annotations":{"b":"1","a":"2"}, "y" : [1.0,{"}":"]"}]}`
  const text = `{\n  "big": 12345678901234567890,\n  "schemaVersion": 2,\n  "manifests": [ ${foreign},\n ${entry} ],\n "z":{"a":1E40,"a\\u0062":"\\u00e9"} }\n`
  const document = IndexDocument.parse(Buffer.from(text), 'index.json')
  expect(document.entries()).toMatchObject([{ descriptor: { digest } }])
  expect(document.faults()).toMatchObject([
    { fault: { message: expect.stringContaining('manifests[0].digest') } },
  ])
  const listed = document.with({ mediaType: MANIFEST, digest: other, size: 9 })
  const added = `{"mediaType":"${MANIFEST}","digest":"${other}","size":9}`
  expect(Buffer.from(listed.print()).toString()).toBe(
    text.replace(`[ ${foreign},\n ${entry} ]`, `[${foreign},${entry},${added}]`),
  )
  const tagged = document.tag({ mediaType: MANIFEST, digest, size: 7 }, 'v1')
  const printed = Buffer.from(tagged.print()).toString()
  expect(printed).toContain('"x":12345678901234567890')
  expect(printed).toContain(`"annotations":{"b":"1","a":"2","${REF_NAME}":"v1"}`)
  expect(printed).toContain('"y" : [1.0,{"}":"]"}]')
  expect(printed.startsWith('{\n  "big": 12345678901234567890,')).toBe(true)
  expect(printed.endsWith('"z":{"a":1E40,"a\\u0062":"\\u00e9"} }\n')).toBe(true)
  const moved = tagged.tag({ mediaType: MANIFEST, digest: other, size: 9 }, 'v1')
  expect(Buffer.from(moved.print()).toString()).toContain('{"b":"1","a":"2"}')
  expect(moved.find(digest)).toBeDefined()
})

test.each([
  '{"schemaVersion":2}',
  '{"schemaVersion":2, "manifests" : null , "x":1}',
  '{"schemaVersion":2,"manifests":[ ]}',
])('index.json: %s takes an entry', text => {
  const descriptor = { mediaType: MANIFEST, digest: `sha256:${'1'.repeat(64)}`, size: 7 }
  const printed = IndexDocument.parse(Buffer.from(text), 'index.json').with(descriptor).print()
  const { schemaVersion, manifests } = JSON.parse(Buffer.from(printed).toString())
  expect({ schemaVersion, manifests }).toEqual({ schemaVersion: 2, manifests: [descriptor] })
})
