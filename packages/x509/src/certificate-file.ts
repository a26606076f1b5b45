import { SealwrightError } from '@sealwright/core'
import { decodePem, encodePem, readDer, shellQuote } from '@sealwright/core/encoding'
import { type Certificate, parseCertificate } from './certificate.ts'

const MAX_BYTES = 4 * 1024 * 1024
const MAX_CERTIFICATES = 1000

/**
 * Reads a file of certificates: a PEM bundle, in the order of the file, or one certificate in DER.
 *
 * A file with anything else is refused, above all a private key: files for others must not contain it.
 *
 * @param bytes - At most 4 MiB and 1,000 certificates.
 * @param label - Names the file in messages, which never show its contents.
 * @returns At least one certificate.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseCertificates } from '@sealwright/x509'
 *
 * const [leaf] = parseCertificates(await readFile('release.crt'), 'release.crt')
 * leaf?.notAfter // a Date
 * ```
 */
export function parseCertificates(bytes: Uint8Array, label: string): Certificate[] {
  if (bytes.length > MAX_BYTES)
    throw new SealwrightError('VALIDATION', `${label}: larger than ${MAX_BYTES} bytes`)
  if (bytes[0] === 0x30) return [parseDer(bytes, label)]
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('PRIVATE KEY-----'))
    throw privateKey(label)
  const blocks = decodePem(bytes, label)
  const other = blocks.find(block => block.label !== 'CERTIFICATE')
  if (other !== undefined) {
    const pkcs7 = /^(?:PKCS7|PKCS #7 SIGNED DATA|CMS)$/.test(other.label)
    throw new SealwrightError(
      'VALIDATION',
      `${label}: it holds a PEM block of type ${other.label} among certificates`,
      pkcs7
        ? { why: 'it is a PKCS #7 file', fix: fromPkcs7(label, 'PEM') }
        : { fix: 'keep the CERTIFICATE blocks alone in the file' },
    )
  }
  if (blocks.length === 0) {
    throw new SealwrightError('VALIDATION', `${label}: it holds no certificate`, {
      why: 'it is neither PEM with a block BEGIN CERTIFICATE nor one certificate in DER',
      fix: 'name a file of certificates: PEM, with a line -----BEGIN CERTIFICATE-----',
    })
  }
  if (blocks.length > MAX_CERTIFICATES) {
    throw new SealwrightError('VALIDATION', `${label}: it holds more than ${MAX_CERTIFICATES} certificates`)
  }
  return blocks.map((block, index) =>
    parseCertificate(block.bytes, blocks.length === 1 ? label : `${label}, certificate ${index + 1}`),
  )
}

/**
 * Certificates as a PEM bundle, in the order given.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { type Certificate, encodeCertificates } from '@sealwright/x509'
 *
 * declare const chain: readonly Certificate[]
 * await writeFile('release.crt', encodeCertificates(chain))
 * ```
 */
export function encodeCertificates(certificates: readonly Certificate[]): string {
  return certificates.map(({ der }) => encodePem('CERTIFICATE', der)).join('')
}

function parseDer(bytes: Uint8Array, label: string): Certificate {
  try {
    return parseCertificate(bytes, label)
  } catch (error) {
    const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 64))
    if (startsWith(start, PKCS7)) {
      throw new SealwrightError('VALIDATION', `${label}: it is a PKCS #7 file`, {
        why: 'certificates are read as PEM, or one in DER',
        fix: fromPkcs7(label, 'DER'),
      })
    }
    if (startsWith(start, PKCS12_VERSION)) {
      throw new SealwrightError('VALIDATION', `${label}: it is a PKCS #12 file`, {
        why: 'it holds a private key together with certificates',
        fix: `openssl pkcs12 -in ${shellQuote(label)} -nokeys -out chain.pem`,
      })
    }
    throw isPrivateKey(bytes) ? privateKey(label) : error
  }
}

/** DER of the OID arc of PKCS #7, and of version 3 with which PKCS #12 begins. */
const PKCS7 = '06092a864886f70d0107'
const PKCS12_VERSION = '020103'

/** Whether this is the first member of the outer SEQUENCE, whose header has 2 to 6 bytes. */
function startsWith(start: Buffer, hex: string): boolean {
  const at = start.indexOf(Buffer.from(hex, 'hex'))
  return at >= 2 && at <= 6
}

function fromPkcs7(label: string, form: 'PEM' | 'DER'): string {
  return `openssl pkcs7 -in ${shellQuote(label)} -inform ${form} -print_certs -out chain.pem`
}

/** PKCS #8, PKCS #1 and SEC 1 start with a version, and certificates with a sequence. */
function isPrivateKey(bytes: Uint8Array): boolean {
  try {
    const parts = readDer(bytes, 'file').children()
    const isEncrypted = parts.length === 2 && parts[0]?.tag === 0x30 && parts[1]?.tag === 0x04
    return isEncrypted || (parts.length >= 2 && parts[0]?.tag === 0x02 && parts[0].contents.length === 1)
  } catch {
    return false
  }
}

function privateKey(label: string): SealwrightError {
  return new SealwrightError(
    'VALIDATION',
    `${label}: it holds a private key where certificates are expected`,
    {
      why: 'whatever is read as a certificate may be copied into signatures and trust stores, where others see it',
      fix: 'put the certificates into a file of their own; if the file was shared already, replace the key',
    },
  )
}
