import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goGzip } from '../src/generate-manifest/go-gzip/gzip.ts'

const numRuns = Math.min(300, Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 300))

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function compress(bytes: Uint8Array, size = 65_536): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of goGzip(pieces(bytes, size))) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Bytes without order, the same in every run. */
function noise(length: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at * 32 < length; at++) blocks.push(createHash('sha256').update(`${at}`).digest())
  return Buffer.concat(blocks).subarray(0, length)
}

/** Lines as in the listing of a program. */
function lines(length: number): Buffer {
  let text = ''
  for (let at = 0; text.length < length; at++) text += `func name${at % 977}(value int) { return ${at} }\n`
  return Buffer.from(text.slice(0, length))
}

/** Text, noise and zeros in turn, as files in a layer. */
function mixed(length: number): Buffer {
  const parts = Buffer.concat([lines(70_000), noise(40_000), Buffer.alloc(90_000), lines(3), noise(10)])
  return Buffer.alloc(length, parts)
}

/** SHA-256 of what Go 1.26.8 writes: `gzip.NewWriter(w)`, all of the input, `Close()`. */
const WRITTEN_BY_GO = [
  ['nothing', Buffer.alloc(0), '30e6fa98fb48c2b132824d1ac5e2243c0be9e9082ff32598d34d7687ca7f6c7f'],
  ['one byte', Buffer.from('a'), 'f1a7c8e8de042bc4fa970708757b62042de31814df7516c674d1379535f4ec21'],
  [
    'a block that is stored',
    noise(100_000),
    '647262c0fe39b5136c1c92c7080fd5cddc601c0d3fe432e8ecb792e2e44ee272',
  ],
  ['zeros', Buffer.alloc(3_000_000), '5edb205f7def384460f0ea6cee0510820a510b3ab619ab7e5934bf97bfdc8026'],
  ['text', lines(1_500_000), '6605842e1c0c821559435d9ffa644c89f4568e2e37ba4c03a229ed1bd1329c83'],
  ['a mixture', mixed(2_000_000), 'b8e33e3bcadf67b086283ae0ecd53c961e6cce8408482b0e7bb88543a0f37a7f'],
  [
    'more than the positions that are counted',
    mixed(18_000_000),
    '1b83d84d8310f6aa47df15cdbb95225514425d035a803b67417d263422c84dc3',
  ],
] as const

describe("goGzip writes what Go's compress/gzip writes", () => {
  it.each(WRITTEN_BY_GO)('%s', async (_, input, expected) => {
    const written = await compress(input)
    expect(createHash('sha256').update(written).digest('hex')).toBe(expected)
    expect(gunzipSync(written).equals(input)).toBe(true)
  })

  it('however the input is cut', async () => {
    const input = mixed(250_000)
    const whole = await compress(input)
    for (const size of [7, 1000, 100_000]) expect((await compress(input, size)).equals(whole)).toBe(true)
  })
})

it('what goGzip writes is what was given, for any reader of gzip', async () => {
  const word = fc.constantFrom(
    'a',
    'ab',
    'abcd',
    'x'.repeat(300),
    '\0'.repeat(1000),
    noise(70).toString('latin1'),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { maxLength: 400 }),
      fc.integer({ min: 1, max: 5000 }),
      async (words, size) => {
        const input = Buffer.from(words.join(''), 'latin1')
        expect(gunzipSync(await compress(input, size)).equals(input)).toBe(true)
      },
    ),
    { numRuns },
  )
})
