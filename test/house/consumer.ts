// A program of a user, with the packages from the registry: it signs and verifies an artifact, and tries ML-DSA.
// Without `await using`, which Node 22 does not know.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSealwrightError, openSigner, seal } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { createKeyring, parseKeyLock } from '@sealwright/keyring'
import { createVerifier, notaryCose, signArtifact, trustAnchors } from '@sealwright/notary'
import { digestOf, memory } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { issueCertificate } from '@sealwright/x509'

const folder = await mkdtemp(join(tmpdir(), 'sealwright-consumer-'))
const call = { signal: AbortSignal.timeout(60_000) }
const keys = fileKeys({ passphrase: async () => 'correct horse battery staple' })

async function verdict(): Promise<string> {
  const reference = await keys.admin.create({ reference: `file:${folder}/p256.key`, type: 'EC-P256' }, call)
  const signer = await openSigner(keys, reference, { algorithm: notaryCose.envelope.algorithmFor })
  const now = new Date()
  const { der } = await issueCertificate({
    signer,
    subject: 'C=DE,ST=Hessen,O=Acme,CN=consumer',
    notBefore: now,
    notAfter: new Date(now.getTime() + 86_400_000),
  })
  const artifacts = memory()
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] }))
  const digest = digestOf('sha256', bytes)
  await artifacts.push({ mediaType, digest, size: bytes.length }, bytes)
  await signArtifact({ artifacts }, digest, notaryCose, content =>
    seal(notaryCose.envelope, content, signer, { attributes: { signingTime: now }, certificates: [der] }),
  )
  await signer[Symbol.asyncDispose]()
  const verifier = await createVerifier({ trust: trustAnchors({ certificates: [der] }) })
  const report = await verifier.verify({ artifacts, reference: digest })
  return report.verdict
}

async function mlDsa(): Promise<string> {
  try {
    const reference = await keys.admin.create({ reference: `file:${folder}/ml.key`, type: 'ML-DSA-44' }, call)
    const signer = await openSigner(keys, reference)
    await seal(dsse, { payloadType: 'text/plain', payload: new Uint8Array([1]) }, signer, { attributes: {} })
    return 'signs'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return error.code
  }
}

try {
  const keyring = createKeyring({
    providers: [keys],
    keys: parseKeyLock(new TextEncoder().encode('{"version":1,"keys":{}}')),
  })
  await keyring[Symbol.asyncDispose]()
  console.log(JSON.stringify({ verdict: await verdict(), mlDsa: await mlDsa() }))
} finally {
  await rm(folder, { recursive: true, force: true })
}
