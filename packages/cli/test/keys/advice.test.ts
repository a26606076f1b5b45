import { SealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { advised } from '../../src/keys/advice.ts'

describe('the advice about a key that a store refuses', () => {
  const asked = { label: 'my key', reference: 'awskms:///alias/a' }
  const fixOf = (error: SealwrightError, of = asked) => (advised(error, of) as SealwrightError).fix

  it('names the command that prints the policy, and adds it to what the store says', () => {
    expect(fixOf(new SealwrightError('ACCESS_DENIED', 'no'))).toBe(
      "`sealwright doctor 'my key'` prints the policy",
    )
    expect(fixOf(new SealwrightError('ACCESS_DENIED', 'no', { fix: 'ask' }))).toMatch(
      /^ask; `sealwright doctor/,
    )
  })

  it('sends nobody to a policy for a file, which has none', () => {
    expect(
      fixOf(new SealwrightError('ACCESS_DENIED', 'no'), { label: 'k', reference: 'file:/k' }),
    ).toBeUndefined()
  })

  it('does not say that a deleted key can be enabled, where the adapter knows better', () => {
    const restore = new SealwrightError('KEY_STATE', 'scheduled for deletion', { fix: 'cancel its deletion' })
    expect(fixOf(restore)).toBe('cancel its deletion')
    expect(fixOf(new SealwrightError('KEY_STATE', 'no'))).toMatch(/^enable or restore the key/)
  })
})
