import assert from 'node:assert/strict'
import { isSealwrightError } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import { withProvider } from '../subject.ts'

/** The one spelling of a reference. */
export const referenceCases: readonly Definition[] = [
  {
    id: 'canonical/spelling',
    does: 'brings every way to write a reference into one spelling, which stays as it is',
    needs: [],
    run: harness =>
      withProvider(harness, async provider => {
        const existing = await Promise.all(harness.keys.map(key => key.reference()))
        for (const given of [...existing, await harness.missing()]) {
          const canonical = provider.canonical(given)
          assert.equal(provider.canonical(canonical), canonical, 'not idempotent')
        }
        for (const { given, canonical } of harness.spellings) {
          assert.equal(provider.canonical(given), canonical)
          assert.equal(provider.canonical(canonical), canonical, 'not idempotent')
        }
      }),
  },
  {
    id: 'canonical/case',
    does: 'keeps upper and lower case in names',
    needs: [],
    run: harness =>
      withProvider(harness, async provider => {
        const mixed = harness.spellings.filter(({ given }) => isMixed(given))
        assert.ok(mixed.length > 0, 'no spelling of the harness has upper and lower case in it')
        const kept = mixed.filter(({ given }) => isMixed(provider.canonical(given)))
        assert.ok(kept.length > 0, 'no spelling of the harness keeps its upper case')
      }),
  },
  {
    id: 'canonical/refused',
    does: 'refuses a text that is not a reference of its store, and does not repeat it',
    needs: [],
    run: harness =>
      withProvider(harness, async provider => {
        assert.ok(harness.refused.length > 0, 'the harness names nothing to refuse')
        for (const given of [...harness.refused, '', 'sealwright-other-store:key']) {
          try {
            provider.canonical(given)
          } catch (error) {
            assert.ok(isSealwrightError(error) && error.code === 'VALIDATION', `${given}: not VALIDATION`)
            const secret = /(?:secret|password|pass|pin|pin-value|passphrase|token)=([^&;#]+)/i.exec(
              given,
            )?.[1]
            const shown = `${error.message} ${error.why} ${error.fix}`
            assert.ok(secret === undefined || !shown.includes(secret), `${given}: the secret is repeated`)
            continue
          }
          assert.fail(`it took ${JSON.stringify(given)} for a reference`)
        }
      }),
  },
]

function isMixed(reference: string): boolean {
  const name = reference.slice(reference.indexOf(':') + 1)
  return /[a-z]/.test(name) && /[A-Z]/.test(name)
}
