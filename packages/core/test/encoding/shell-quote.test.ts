import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shellQuote } from '../../src/encoding/index.ts'

const words = (command: string): string[] =>
  execFileSync('sh', ['-c', `printf '%s\\0' ${command}`])
    .toString()
    .split('\0')
    .slice(0, -1)

describe('a quoted word', () => {
  it.each([
    ['release', 'release'],
    ['file:/a/b-c_d.key', 'file:/a/b-c_d.key'],
    ['awskms:///alias/release', 'awskms:///alias/release'],
    ['registry.example/app@sha256:00', 'registry.example/app@sha256:00'],
    ['', "''"],
    ['pkcs11:token=t;object=rel', "'pkcs11:token=t;object=rel'"],
    ['hashivault://k?version=2&namespace=n', "'hashivault://k?version=2&namespace=n'"],
    ['my key.pem', "'my key.pem'"],
    ["it's", "'it'\\''s'"],
    ['~/k', "'~/k'"],
    ['*', "'*'"],
    ['=ls', "'=ls'"],
  ])('%s is %s', (word, quoted) => expect(shellQuote(word)).toBe(quoted))

  it('is that word again for a shell, whatever it holds', () => {
    const word = fc.string({ unit: 'binary' }).filter(text => !text.includes('\0') && text.isWellFormed())
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), given => {
        expect(words(given.map(shellQuote).join(' '))).toEqual(given)
      }),
      { numRuns: 100 },
    )
  })
})
