import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { judgeOcsp, readCrl } from '../src/index.ts'
import { changed } from './changed-bytes.ts'
import { keyOf, root } from './craft.ts'
import { AT, CA, craftCrl, craftOcsp, entry, issuedByCa, reasonCode } from './craft-revocation.ts'

const ca = root({ subject: CA, key: keyOf('ca') })
const certificate = issuedByCa()

it('no changed OCSP response is good', () => {
  fc.assert(
    fc.property(changed(craftOcsp(ca)), bytes => {
      expect(judgeOcsp(bytes, { certificate, issuer: ca, at: AT }).status).toBe('unknown')
    }),
    { numRuns },
  )
})

it('no changed CRL is read', async () => {
  const good = craftCrl(ca, { entries: [entry([reasonCode(1)]), entry([], { serial: '01' })] })
  await fc.assert(
    fc.asyncProperty(changed(good), async bytes => {
      const error = await readCrl(bytes, { issuer: ca }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(isSealwrightError(error) && error.code).toMatch(/^(?:VALIDATION|INTEGRITY)$/)
    }),
    { numRuns },
  )
})
