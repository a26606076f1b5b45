// Makes a key and a certificate for it: `node examples/new-identity.ts FOLDER NAME PASSPHRASE-FILE`
// writes FOLDER/NAME.key (encrypted PKCS#8) and FOLDER/NAME.crt (self-signed, valid for a year).
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner } from '@sealwright/core'
import { fileKeys } from '@sealwright/provider-file'
import { certificateSigningAlgorithm, encodeCertificates, issueCertificate } from '@sealwright/x509'

const [folder = '.', name = 'release', passphraseFile = 'passphrase.txt'] = process.argv.slice(2)
const keys = fileKeys({ passphrase: async () => (await readFile(passphraseFile, 'utf8')).trimEnd() })

const reference = await keys.admin.create(
  { reference: `file:${join(folder, `${name}.key`)}`, type: 'EC-P256' },
  { signal: AbortSignal.timeout(30_000) },
)
const signer = await openSigner(keys, reference, { algorithm: certificateSigningAlgorithm })
const notBefore = new Date()
const certificate = await issueCertificate({
  signer,
  subject: `C=DE,ST=Hessen,O=Acme,CN=${name}`,
  notBefore,
  notAfter: new Date(notBefore.getTime() + 365 * 86_400_000),
})
await writeFile(join(folder, `${name}.crt`), encodeCertificates([certificate]))
console.log(`${reference}\n${certificate.fingerprint}`)
await signer[Symbol.asyncDispose]()
