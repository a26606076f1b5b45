// A vendor signs an image, an aggregator certifies it, a customer attests that it may be used in their house: three keys, three
// signatures, one image whose tag and digest stay as they are.
// `node examples/publishing-workflow.ts LAYOUT TAG FOLDER PASSPHRASE-FILE` makes keys and certificates in FOLDER.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner, type Signer, seal } from '@sealwright/core'
import { createVerifier, notaryJws, signArtifact, trustAnchors } from '@sealwright/notary'
import { layoutDirectory } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { issueCertificate } from '@sealwright/x509'

const [layout = 'image', tag = 'v1', folder = '.', passphraseFile = 'passphrase.txt'] = process.argv.slice(2)
const keys = fileKeys({ passphrase: async () => (await readFile(passphraseFile, 'utf8')).trimEnd() })
const artifacts = layoutDirectory(layout)
const before = await artifacts.resolve(tag)

/** What each party does by itself, with a key that the others never see. */
async function party(organisation: string, metadata: Record<string, string>) {
  const reference = await keys.admin.create(
    { reference: `file:${join(folder, `${organisation}.key`)}`, type: 'EC-P256' },
    { signal: AbortSignal.timeout(30_000) },
  )
  const signer = await openSigner(keys, reference, { algorithm: notaryJws.envelope.algorithmFor })
  const certificate = await selfSigned(signer, organisation)
  await signArtifact(
    { artifacts },
    tag,
    notaryJws,
    content =>
      seal(notaryJws.envelope, content, signer, {
        attributes: { signingTime: new Date() },
        certificates: [certificate],
      }),
    { metadata },
  )
  await signer[Symbol.asyncDispose]()
  return { organisation, certificate, metadata }
}

async function selfSigned(signer: Signer, organisation: string): Promise<Uint8Array> {
  const notBefore = new Date()
  const { der } = await issueCertificate({
    signer,
    subject: `C=DE,ST=Hessen,O=${organisation},CN=release`,
    notBefore,
    notAfter: new Date(notBefore.getTime() + 90 * 86_400_000),
  })
  return der
}

const parties = [
  await party('vendor', { build: '42' }),
  await party('aggregator', { certified: '2026' }),
  await party('customer', { use: 'production' }),
]

for (const { organisation, certificate, metadata } of parties) {
  // A verifier who trusts this party only, and asks for what it said.
  const verifier = await createVerifier({ trust: trustAnchors({ certificates: [certificate] }) })
  const { verdict, signatures } = await verifier.verify(
    { artifacts, reference: tag },
    { all: true, metadata },
  )
  const trusted = signatures.filter(signature => signature.verdict === 'verified').length
  console.log(`${organisation}: ${verdict}, ${trusted} of ${signatures.length} signatures`)
}
const after = await artifacts.resolve(tag)
console.log(`${tag} is ${after.digest}: ${after.digest === before.digest ? 'unchanged' : 'CHANGED'}`)
