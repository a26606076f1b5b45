import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { decodePem, encodePem } from '../../src/encoding/index.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'

const BLOCK = '-----BEGIN X-----\nQUJD\n-----END X-----\n'
const ABC = new Uint8Array([0x41, 0x42, 0x43])

describe('decodePem', () => {
  it('reads several blocks and skips what stands between them', () => {
    const text = `subject=CN=a\r\n${BLOCK.replaceAll('\n', '\r\n')}issuer\n${BLOCK.replaceAll('X', 'NEW KEY')}`
    expect(decodePem(text, 'file')).toEqual([
      { label: 'X', bytes: ABC, headers: new Map() },
      { label: 'NEW KEY', bytes: ABC, headers: new Map() },
    ])
    expect(decodePem(Buffer.from('no block'), 'file')).toEqual([])
  })

  it.each([
    ['a ruler of dashes', '----------------\n'],
    ['an end alone', '-----END X-----\n'],
    ['a malformed first line', '-----BEGIN X----\nQUJD\n'],
    ['a block that begins within a line', 'x -----BEGIN X-----\n'],
    ['a comment in Latin-1', 'Schl\u00fcssel\n'],
  ])('skips %s around a block', (_, around) => {
    const bytes = Buffer.from(around + BLOCK + around, 'latin1')
    expect(decodePem(bytes, 'file')).toEqual([{ label: 'X', bytes: ABC, headers: new Map() }])
  })

  it('names the byte order mark of a file', () => {
    expect(refusalOf(() => decodePem(Buffer.from(`\ufeff${BLOCK}`), 'file'))).toBe(
      'file: byte order mark before the first PEM block',
    )
  })

  it('reads a line of blanks in linear time', () => {
    const line = `-----${' '.repeat(1_000_000)}x\n`
    const before = process.threadCpuUsage()
    expect(decodePem(line + BLOCK, 'file')).toHaveLength(1)
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(1000)
  })

  it('reads the headers of an old encrypted key', () => {
    const text =
      '-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nQUJD\n-----END X-----'
    expect(decodePem(text, 'file')[0]).toEqual({
      label: 'X',
      bytes: ABC,
      headers: new Map([
        ['Proc-Type', '4,ENCRYPTED'],
        ['DEK-Info', 'AES-256-CBC,00'],
      ]),
    })
  })

  it.each([
    ['another label at the end', BLOCK.replace('END X', 'END Y'), 'file: the PEM block of line 1 has no end'],
    ['no end', '\n-----BEGIN X-----\nQUJD\n', 'file: the PEM block of line 2 has no end'],
    ['a block within a block', `-----BEGIN X-----\n${BLOCK}`, 'file: the PEM block of line 1 has no end'],
    ['a byte order mark', `\ufeff${BLOCK}`, 'file: byte order mark before the first PEM block'],
    [
      'base64 that is not canonical',
      BLOCK.replace('QUJD', 'QUJ='),
      'file, the PEM block of line 1: not canonical base64',
    ],
    [
      'headers without a colon',
      '-----BEGIN X-----\na: b\nc\n\nQUJD\n-----END X-----',
      'file, the PEM block of line 1: header without a colon',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(refusalOf(() => decodePem(text, 'file'))).toBe(message)
  })

  it('refuses more than 4 MiB, and reads as many blocks as fit in time that grows with their number', () => {
    expect(refusalOf(() => decodePem('a'.repeat(4 * 1024 * 1024 + 1), 'file'))).toMatch(
      /^file: PEM of more than/,
    )
    expect(decodePem('-----BEGIN X-----\n-----END X-----\n'.repeat(100_000), 'file')).toHaveLength(100_000)
  })

  it('reads back what it wrote, which is what node:crypto writes', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const bytes = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
    const text = encodePem('PUBLIC KEY', bytes)
    expect(text).toBe(publicKey.export({ type: 'spki', format: 'pem' }))
    expect(decodePem(text, 'file')[0]?.bytes).toEqual(bytes)
    expect(createPublicKey(text).equals(publicKey)).toBe(true)
    expect(refusalOf(() => encodePem('public-key', bytes))).toBe('PEM label: not upper-case words')
  })

  it('writes what it read of a mutant to the same blocks, or refuses the mutant', () => {
    const good = Buffer.from(encodePem('A', new Uint8Array(60)) + encodePem('B', ABC))
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const blocks = readOrRefuse(() => decodePem(mutant, 'file'))
        if (blocks === undefined) return
        const again = decodePem(blocks.map(({ label, bytes }) => encodePem(label, bytes)).join(''), 'file')
        expect(again.map(({ label, bytes }) => [label, bytes])).toEqual(
          blocks.map(({ label, bytes }) => [label, bytes]),
        )
      }),
      { numRuns },
    )
  })
})
