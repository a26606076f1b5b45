import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { awsKms } from '../src/index.ts'

const { canonical } = awsKms()
const ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const MRK = `mrk-${'0123456789abcdef'.repeat(2)}`
const ARN = 'arn:aws:kms:eu-central-1:111122223333:'

describe('a reference has one spelling', () => {
  it.each([
    [`awskms:///${ID}`, `awskms:///${ID}`],
    [`awskms:///${MRK}`, `awskms:///${MRK}`],
    ['awskms:///alias/Release_1/x-Y', 'awskms:///alias/Release_1/x-Y'],
    [`awskms:///${ARN}key/${ID}`, `awskms:///${ARN}key/${ID}`],
    [`awskms:///${ARN}key/${MRK}`, `awskms:///${ARN}key/${MRK}`],
    [`awskms:///${ARN}alias/a/b`, `awskms:///${ARN}alias/a/b`],
    [`${ARN}key/${ID}`, `awskms:///${ARN}key/${ID}`],
    [`awskms:${ARN}alias/x`, `awskms:///${ARN}alias/x`],
    ['awskms:alias/x', 'awskms:///alias/x'],
    [`awskms:///alias/x?region=eu-central-1`, 'awskms:///alias/x?region=eu-central-1'],
    [`awskms:key-id=${ID};region=us-east-1`, `awskms:///${ID}?region=us-east-1`],
    [`awskms:region=us-east-1;key-id=alias%2Fx`, 'awskms:///alias/x?region=us-east-1'],
    [`awskms:key-id=alias/x?region=us-east-1`, 'awskms:///alias/x?region=us-east-1'],
    [`awskms:key-id=${ARN}key/${ID};region=eu-central-1`, `awskms:///${ARN}key/${ID}`],
    [
      `arn:aws-cn:kms:cn-north-1:111122223333:key/${ID}`,
      `awskms:///arn:aws-cn:kms:cn-north-1:111122223333:key/${ID}`,
    ],
    [
      `arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/${ID}`,
      `awskms:///arn:aws-eusc:kms:eusc-de-east-1:111122223333:key/${ID}`,
    ],
    [
      `arn:aws-iso-b:kms:us-isob-east-1:111122223333:key/${ID}`,
      `awskms:///arn:aws-iso-b:kms:us-isob-east-1:111122223333:key/${ID}`,
    ],
  ])('%s', (given, expected) => {
    expect(canonical(given)).toBe(expected)
    expect(canonical(expected)).toBe(expected)
  })

  it('that is itself, whatever alias it names', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9/_-]{1,250}$/)
    fc.assert(
      fc.property(name, text => {
        expect(canonical(`awskms:alias/${text}`)).toBe(`awskms:///alias/${text}`)
        expect(canonical(`awskms:///alias/${text}`)).toBe(`awskms:///alias/${text}`)
      }),
      { numRuns },
    )
  })

  it('or is refused with VALIDATION, whatever the text', () => {
    const parts = [
      'awskms:',
      '//',
      '/',
      'alias/',
      ID,
      ARN,
      'key/',
      '?region=',
      'eu-central-1',
      'key-id=',
      ';',
      '&',
      '%',
      'A',
    ]
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...parts), { maxLength: 8 }).map(each => each.join('')),
    )
    fc.assert(
      fc.property(text, given => {
        let spelling: string
        try {
          spelling = canonical(given)
        } catch (error) {
          expect(error).toMatchObject({ name: 'SealwrightError', code: 'VALIDATION' })
          return
        }
        expect(canonical(spelling)).toBe(spelling)
      }),
      { numRuns },
    )
  })
})

describe('a reference is refused', () => {
  it.each([
    ['awskms://localhost:4566/alias/x', 'endpoint'],
    ['awskms://alias/x', 'endpoint'],
    [`awskms://user:password@kms.example/${ID}`, 'endpoint'],
    ['awskms:///', 'names neither'],
    ['awskms:', 'names neither'],
    ['awskms:///release', 'names neither'],
    [`awskms:///${ID.toUpperCase()}`, 'lower case'],
    ['awskms:///alias/', 'names neither'],
    ['awskms:///alias/a b', 'blanks'],
    ['awskms:///alias/ä', 'ASCII'],
    [`awskms:///${ARN}key/${ID}?region=us-east-1`, 'another region'],
    [`awskms:///arn:aws:s3:::bucket`, 'not the ARN'],
    [`awskms:///arn:aws:kms::111122223333:key/${ID}`, 'no region'],
    [`${ARN}key/..`, 'neither a key id'],
    ['AWSKMS:///alias/x', 'begins with neither'],
    ['awskms:///alias/x?region=evil.example/', 'its region is none'],
    ['awskms:///alias/x?region=a&region=b', 'twice'],
    ['awskms:///alias/x?endpoint=http://x', 'not known'],
    ['awskms:///alias/x?profile=dev', 'chooses credentials'],
    ['awskms:key-id=alias/x;key-id=alias/y', 'twice'],
    ['awskms:key-id=%zz', 'percent-encoded'],
    ['awskms:///alias/x?access-key=AKIA', 'carries a secret'],
  ])('%s: %s', (given, why) => {
    let error: unknown
    try {
      canonical(given)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'VALIDATION', why: expect.stringContaining(why) })
  })
})
