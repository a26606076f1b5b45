import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { signMu } from './external-mu.ts'

const hasMlDsa = Number.parseFloat(process.versions.openssl) >= 3.5

it.for(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)(
  'what the fake signs from μ, node verifies as %s',
  (type, ctx) => {
    if (!hasMlDsa) ctx.skip('this Node.js does not know ML-DSA')
    const { publicKey, privateKey } = generateKeyPairSync(type as 'ml-dsa-44')
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(22)
    const shake = (...parts: Uint8Array[]) =>
      createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest()
    for (const text of ['', 'a message', 'another', 'x'.repeat(5000)]) {
      const message = Buffer.from(text)
      const mu = shake(shake(raw), Uint8Array.of(0, 0), message)
      expect(verify(null, message, publicKey, signMu(privateKey, mu))).toBe(true)
    }
  },
)
