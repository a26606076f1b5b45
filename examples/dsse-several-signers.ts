// One DSSE envelope, several signers who never meet: each adds a signature to what the last one left.
// `node examples/dsse-several-signers.ts FOLDER PASSPHRASE-FILE` makes the keys it needs in FOLDER.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprint, openSigner, seal, verifySignature } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { fileKeys } from '@sealwright/provider-file'

const [folder = '.', passphraseFile = 'passphrase.txt'] = process.argv.slice(2)
const keys = fileKeys({ passphrase: async () => (await readFile(passphraseFile, 'utf8')).trimEnd() })
const content = {
  payloadType: 'application/vnd.in-toto+json',
  payload: new TextEncoder().encode('{"_type":"https://in-toto.io/Statement/v1"}'),
}

let envelope: Uint8Array | undefined
const publicKeys: Uint8Array[] = []
for (const name of ['author', 'reviewer', 'releaser']) {
  const call = { signal: AbortSignal.timeout(30_000) }
  const reference = await keys.admin.create(
    { reference: `file:${join(folder, `${name}.key`)}`, type: 'EC-P256' },
    call,
  )
  const signer = await openSigner(keys, reference)
  publicKeys.push(signer.key.publicKey)
  const sealed = await seal(dsse, content, signer, {
    attributes: {},
    keyId: fingerprint(signer.key.publicKey),
    ...(envelope === undefined ? {} : { onto: envelope }),
  })
  envelope = sealed.bytes
  await signer[Symbol.asyncDispose]()
}

// The trusted keys decide: an envelope's key id is a hint, and its algorithm a claim.
const { signatures } = dsse.open(envelope!)
const met = publicKeys.filter(publicKey =>
  signatures.some(({ toBeSigned, bytes }) => verifySignature('ES256', publicKey, toBeSigned, bytes)),
)
console.log(`${signatures.length} signatures, ${met.length} of ${publicKeys.length} trusted keys`)
