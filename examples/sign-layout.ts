// Signs an image in an OCI image layout: `node examples/sign-layout.ts LAYOUT TAG KEY-FILE CHAIN-FILE PASSPHRASE-FILE`
import { readFile } from 'node:fs/promises'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws, signArtifact } from '@sealwright/notary'
import { layoutDirectory } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'

const [layout = 'image', tag = 'v1', keyFile = 'release.key', chainFile = 'release.crt', passphraseFile] =
  process.argv.slice(2)

const keys = fileKeys({
  passphrase: async () => (await readFile(passphraseFile ?? 'passphrase.txt', 'utf8')).trimEnd(),
})
const signer = await openSigner(keys, `file:${keyFile}`, { algorithm: notaryJws.envelope.algorithmFor })
const certificates = parseCertificates(await readFile(chainFile), chainFile).map(({ der }) => der)

const artifacts = layoutDirectory(layout)
const { subject, signature } = await signArtifact({ artifacts }, tag, notaryJws, content =>
  seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
)
console.log(`signed ${subject.digest}\nsignature ${signature.digest}`)
await signer[Symbol.asyncDispose]()
