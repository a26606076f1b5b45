/** Object identifiers of RFC 8018 (PKCS#5), RFC 7914 (scrypt) and NIST's AES arc. */
export const oids = {
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  scrypt: '1.3.6.1.4.1.11591.4.11',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
} as const

/** Pseudorandom functions of PBKDF2, as `node:crypto` names their hash. */
export const hashes: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}

export const ciphers: Readonly<Record<string, { readonly name: string; readonly keyLength: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyLength: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyLength: 24 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyLength: 32 },
}

/** What is refused, by the name that its users know. */
const REFUSED: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.1': 'PBES1 with MD2 and DES',
  '1.2.840.113549.1.5.3': 'PBES1 with MD5 and DES',
  '1.2.840.113549.1.5.4': 'PBES1 with MD2 and RC2',
  '1.2.840.113549.1.5.6': 'PBES1 with MD5 and RC2',
  '1.2.840.113549.1.5.10': 'PBES1 with SHA-1 and DES',
  '1.2.840.113549.1.5.11': 'PBES1 with SHA-1 and RC2',
  '1.2.840.113549.1.12.1.1': 'PKCS#12 encryption with SHA-1 and 128-bit RC4',
  '1.2.840.113549.1.12.1.2': 'PKCS#12 encryption with SHA-1 and 40-bit RC4',
  '1.2.840.113549.1.12.1.3': 'PKCS#12 encryption with SHA-1 and three-key triple DES',
  '1.2.840.113549.1.12.1.4': 'PKCS#12 encryption with SHA-1 and two-key triple DES',
  '1.2.840.113549.1.12.1.5': 'PKCS#12 encryption with SHA-1 and 128-bit RC2',
  '1.2.840.113549.1.12.1.6': 'PKCS#12 encryption with SHA-1 and 40-bit RC2',
  '1.2.840.113549.3.2': 'PBES2 with RC2',
  '1.2.840.113549.3.7': 'PBES2 with triple DES',
  '1.3.14.3.2.7': 'PBES2 with DES',
  '1.2.840.113549.2.8': 'PBKDF2 with HMAC-SHA-224',
}

export function schemeName(oid: string): string {
  return Object.hasOwn(REFUSED, oid) ? REFUSED[oid]! : `the scheme ${oid}`
}
