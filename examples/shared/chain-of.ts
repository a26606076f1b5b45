import { readFile, writeFile } from 'node:fs/promises'
import { type KeyProvider, openSigner } from '@sealwright/core'
import {
  certificateSigningAlgorithm,
  encodeCertificates,
  issueCertificate,
  parseCertificates,
} from '@sealwright/x509'

/**
 * The certificate chain in a file, DER, leaf first. Where there is no such file, the key certifies itself, in its store, and the
 * file is written: right for a first try. In earnest a CA signs the key's request, and the file is what the CA answers.
 */
export async function chainOf(keys: KeyProvider, reference: string, file: string): Promise<Uint8Array[]> {
  const found = await readFile(file).catch(error => {
    if (error.code !== 'ENOENT') throw error
  })
  if (found !== undefined) return parseCertificates(found, file).map(({ der }) => der)
  const signer = await openSigner(keys, reference, { algorithm: certificateSigningAlgorithm })
  const notBefore = new Date()
  const certificate = await issueCertificate({
    signer,
    subject: 'C=DE,ST=Hessen,O=Acme,CN=release',
    notBefore,
    notAfter: new Date(notBefore.getTime() + 365 * 86_400_000),
  })
  await signer[Symbol.asyncDispose]()
  await writeFile(file, encodeCertificates([certificate]))
  return [certificate.der]
}
