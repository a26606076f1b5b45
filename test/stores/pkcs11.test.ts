import { describe, it } from 'vitest'
import {
  type CountedModule,
  loadCounted,
  type RealHarnessOptions,
  type RealToken,
  realCases,
} from '../../packages/provider-pkcs11/test/real-harness.ts'
import { kryopticToken } from '../services/kryoptic.ts'
import { nssToken } from '../services/nss.ts'
import { softHsmToken } from '../services/softhsm.ts'
import type { Skips } from '../services/tool.ts'

interface Real extends Omit<RealHarnessOptions, 'token'> {
  start(context: Skips): Promise<RealToken>
}

const REAL: readonly Real[] = [
  {
    name: 'pkcs11 on SoftHSM',
    start: softHsmToken,
    types: ['RSA-2048', 'EC-P256', 'EC-P384', 'EC-P521', 'EC-secp256k1', 'Ed25519'],
  },
  {
    name: 'pkcs11 on NSS softoken',
    start: nssToken,
    types: ['RSA-2048', 'EC-P256', 'EC-P384', 'EC-P521'],
    deviations: {
      'change/disable': 'NSS answers CKR_KEY_TYPE_INCONSISTENT for a key that may not sign any more',
    },
  },
  {
    name: 'pkcs11 on kryoptic',
    start: kryopticToken,
    types: ['RSA-2048', 'EC-P256', 'EC-P384', 'EC-P521', 'Ed25519', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
    deviations: { 'size/Ed25519/limit': 'kryoptic takes less than 16 MB (CKR_TOKEN_RESOURCE_EXCEEDED)' },
  },
]

/** A module, once installed, takes time to start; RSA keys take time to make. */
const FIRST_MS = process.env.SEALWRIGHT_SLOW_TESTS ? 3_600_000 : 300_000

describe.each(REAL)('$name', ({ start, ...options }) => {
  let token: RealToken | undefined
  let counted: CountedModule | undefined
  const cases = realCases({ ...options, token: () => token! }, () => counted!)
  for (const { title, skip, run } of cases) {
    it(title, { timeout: FIRST_MS }, async context => {
      if (skip !== undefined) context.skip(skip)
      token ??= await start(context)
      counted ??= await loadCounted(token.modulePath)
      await run()
    })
  }
})
