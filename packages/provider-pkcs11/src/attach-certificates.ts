import { createHash, X509Certificate } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import { derSequence, readDer } from '@sealwright/core/encoding'
import { certificatesOn, isOf } from './certificates.ts'
import type { Connection } from './connections.ts'
import { CKA, CKO } from './constants.ts'
import { findKey } from './find-key.ts'
import type { Attribute } from './module.ts'
import type { KeySelector } from './reference.ts'
import { withWritableSession } from './writable-session.ts'

/**
 * Writes a chain to the token: the leaf with the CKA_ID of the key, in place of its former certificates, the issuers with
 * the SHA-1 of their public keys as CKA_ID, as is usual. What is there already is left alone.
 *
 * @param chain - DER, leaf first.
 * @throws {@link SealwrightError} `KEY_MISMATCH` for the certificate of another key, `VALIDATION` if it is not one.
 */
export async function attachCertificates(
  connection: Connection,
  selector: KeySelector,
  chain: readonly Uint8Array[],
): Promise<void> {
  const parsed = chain.map(parse)
  const [leaf, ...issuers] = parsed
  if (leaf === undefined) throw new SealwrightError('VALIDATION', 'the chain holds no certificate')
  const key = findKey(connection, selector)
  if (!spkiOf(leaf).equals(key.publicKey)) {
    throw new SealwrightError('KEY_MISMATCH', 'the first certificate is not that of the key', {
      fix: 'give the chain leaf first, and the certificate of this key',
    })
  }
  const before = certificatesOn(connection)
  const former = before.filter(each => isOf(each, key))
  const has = ({ raw }: X509Certificate) => before.some(({ certificate }) => certificate.raw.equals(raw))
  await withWritableSession(connection, async session => {
    const { api } = connection
    if (!former.some(({ certificate }) => certificate.raw.equals(leaf.raw))) {
      api.C_CreateObject(session, templateOf(leaf, key.id, key.label))
    }
    for (const issuer of issuers.filter(each => !has(each))) {
      const id = createHash('sha1').update(publicKeyBits(issuer)).digest()
      api.C_CreateObject(session, templateOf(issuer, id, ''))
    }
    // Last, so that the key is never without a certificate.
    for (const { object, certificate } of former) {
      if (!certificate.raw.equals(leaf.raw)) api.C_DestroyObject(session, object)
    }
  })
}

function templateOf(certificate: X509Certificate, id: Buffer, label: string): Attribute[] {
  const { serialNumber, issuer, subject } = fieldsOf(certificate)
  return [
    { type: CKA.class, value: CKO.certificate },
    { type: CKA.certificateType, value: 0 },
    { type: CKA.token, value: true },
    { type: CKA.private, value: false },
    { type: CKA.id, value: id },
    ...(label === '' ? [] : [{ type: CKA.label, value: label }]),
    { type: CKA.subject, value: subject },
    { type: CKA.issuer, value: issuer },
    { type: CKA.serialNumber, value: serialNumber },
    { type: CKA.value, value: certificate.raw },
  ]
}

/** Whole DER elements of TBSCertificate (RFC 5280, section 4.1), as the attributes have them. */
function fieldsOf(certificate: X509Certificate) {
  const label = 'certificate'
  const tbs = derSequence(derSequence(readDer(certificate.raw, label), label)[0], label)
  const from = tbs[0]?.tag === 0xa0 ? 1 : 0
  const element = (index: number) => Buffer.from(tbs[from + index]!.bytes)
  return { serialNumber: element(0), issuer: element(2), subject: element(4) }
}

function publicKeyBits(certificate: X509Certificate): Uint8Array {
  const [, bits] = derSequence(readDer(spkiOf(certificate), 'public key'), 'public key')
  return bits!.contents.subarray(1)
}

function spkiOf(certificate: X509Certificate): Buffer {
  return certificate.publicKey.export({ type: 'spki', format: 'der' })
}

function parse(bytes: Uint8Array, index: number): X509Certificate {
  try {
    return new X509Certificate(bytes)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `certificate ${index} of the chain is none`, { cause })
  }
}
