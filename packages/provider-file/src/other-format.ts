import { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'

/** OIDs as DER has them: what a PKCS #7 file begins with, and what the content of a PKCS #12 file is. */
const PKCS7 = Buffer.from('06092a864886f70d0107', 'hex')
const PKCS12_VERSION = Buffer.from('020103', 'hex')

/** Longest header of the outer SEQUENCE. */
const HEADER_MAX = 6

/**
 * Refuses a file of binary DER or BER with what it is, and the openssl command that makes a key file of it. Whatever does
 * not begin with a SEQUENCE passes.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function refuseBinary(content: Uint8Array, path: string): void {
  if (content[0] !== 0x30) return
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 64))
  const file = shellQuote(path)
  const pkcs7 = start.indexOf(PKCS7)
  if (pkcs7 >= 2 && pkcs7 <= HEADER_MAX) {
    throw new SealwrightError('VALIDATION', `${path} is a PKCS #7 file`, {
      why: 'it holds certificates, and no private key',
      fix: 'name the file that holds the private key',
    })
  }
  const version = start.indexOf(PKCS12_VERSION)
  if (version >= 2 && version <= HEADER_MAX && start.indexOf(PKCS7) > version) {
    throw new SealwrightError('VALIDATION', `${path} is a PKCS #12 file`, {
      why: 'it holds a private key together with certificates; a key file is PEM',
      fix: `openssl pkcs12 -in ${file} -nocerts -aes256 -out release.key && openssl pkcs12 -in ${file} -nokeys -out release.crt`,
    })
  }
  throw new SealwrightError('VALIDATION', `${path} is DER; a key file is PEM`, {
    why: 'it begins with the bytes of a DER SEQUENCE',
    fix: `openssl pkcs8 -topk8 -inform DER -in ${file} -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -out release.key`,
  })
}
