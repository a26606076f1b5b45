import fc from 'fast-check'
import { packTar } from 'modern-tar'
import { describe, expect, test } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { streamSource } from '../../src/archive/byte-source.ts'
import { tarEntries } from '../../src/archive/tar-entries.ts'
import { list, pieces } from '../artifacts.ts'
import { failure } from '../expect-error.ts'

const LONG = `blobs/sha512/${'a'.repeat(128)}`
const NAMES = ['oci-layout', 'index.json', `blobs/sha256/${'b'.repeat(64)}`, LONG, 'ü.txt']
const tar = Buffer.from(
  await packTar([
    { header: { name: 'blobs/', size: 0, type: 'directory' } },
    ...NAMES.map((name, index) => ({
      header: { name, size: index * 300 },
      body: Buffer.alloc(index * 300, name),
    })),
  ]),
)
const read = (bytes: Uint8Array, size = 1000) => list(tarEntries(streamSource(pieces(bytes, size)), 'a.tar'))

describe('tarEntries', () => {
  test('gives name, place and size of each file, however the bytes come', async () => {
    for (const size of [1, 511, 512, 513, 100_000]) {
      const entries = await read(tar, size)
      expect(entries.map(({ name, size: length }) => [name, length])).toEqual(
        NAMES.map((name, index) => [name, index * 300]),
      )
      for (const [index, { offset, size: length }] of entries.entries()) {
        expect(tar.subarray(offset, offset + length)).toEqual(Buffer.alloc(index * 300, NAMES[index]))
      }
    }
  })

  test('refuses links, and passes symbolic ones on to whoever asks for them', async () => {
    const linked = Buffer.from(
      await packTar([
        { header: { name: 'one/layer.tar', size: 3 }, body: 'tar' },
        { header: { name: 'two/layer.tar', size: 0, type: 'symlink', linkname: '../one/layer.tar' } },
      ]),
    )
    expect((await failure('VALIDATION', () => read(linked))).why).toContain('a link')
    const source = () => streamSource(pieces(linked, 1000))
    const entries = await list(tarEntries(source(), 'a.tar', { links: true }))
    expect(entries.map(({ name, link }) => [name, link])).toEqual([
      ['one/layer.tar', undefined],
      ['two/layer.tar', '../one/layer.tar'],
    ])
    const hard = Buffer.from(await packTar([{ header: { name: 'a', size: 0, type: 'link', linkname: 'b' } }]))
    const asked = () => list(tarEntries(streamSource(pieces(hard, 1000)), 'a.tar', { links: true }))
    expect((await failure('VALIDATION', asked)).why).toContain('a link')
  })

  test('refuses in bounded time a header that promises too much', async () => {
    const huge = Buffer.from(tar.subarray(0, 512))
    // Nearly 2^56 bytes, in base 256.
    huge.fill(0xff, 124, 136)
    huge[124] = 0x80
    let sum = 0
    huge.fill(0x20, 148, 156)
    for (const byte of huge) sum += byte
    huge.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    await failure('VALIDATION', () => read(huge))
  })

  test('of a mutated archive are as they were, or it is refused', async () => {
    const mutation = fc.tuple(
      fc.nat(tar.byteLength - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(0, 0x20, 0x2e, 0x2f, 0x30, 0x35, 0x78, 0x80, 0xff)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (mutations, repair) => {
          const bytes = Buffer.from(tar)
          for (const [at, value] of mutations) bytes[at] = value
          // With a sum that fits, so that not all end there.
          if (repair) for (const [at] of mutations) sumUp(bytes, at - (at % 512))
          try {
            for (const { name, offset, size } of await read(bytes, 4096)) {
              expect(name.split('/').every(part => part !== '' && part !== '.' && part !== '..')).toBe(true)
              expect(offset + size).toBeLessThanOrEqual(bytes.byteLength)
            }
          } catch (error) {
            expect(error).toMatchObject({ code: 'VALIDATION' })
          }
        },
      ),
      { numRuns },
    )
  })
})

function sumUp(bytes: Buffer, start: number): void {
  const block = bytes.subarray(start, start + 512)
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}
