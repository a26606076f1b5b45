import { describe, expect, it } from 'vitest'
import { crc32c } from '../src/crc32c.ts'

describe('crc32c', () => {
  // The check value of the catalogue of CRCs, and RFC 3720, appendix B.4.
  it.each([
    ['123456789', Buffer.from('123456789'), 0xe3069283],
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
    ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
    ['nothing', Buffer.alloc(0), 0],
  ])('gives the published checksum of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })
})
