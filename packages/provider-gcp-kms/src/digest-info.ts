import type { Algorithm } from '@sealwright/core'
import { der } from '@sealwright/core/encoding'

/** RFC 8017, appendix A.2.4. */
const OIDS: Readonly<Record<NonNullable<Algorithm['hash']>, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
}

/** `DigestInfo` (RFC 8017 §9.2): what is padded by RSASSA-PKCS1-v1_5. */
export function digestInfo(hash: NonNullable<Algorithm['hash']>, digest: Uint8Array): Uint8Array {
  return der.sequence(der.sequence(der.oid(OIDS[hash]), der.nul()), der.octetString(digest))
}
