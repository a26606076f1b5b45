// Run as a program, `sign-when-told.ts REFERENCE KEY CHAIN COUNT`: makes COUNT signers, says `ready`, and when a line
// comes signs with all of them at once. Prints the digest of each signature manifest.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws, signArtifact } from '@sealwright/notary'
import { parseReference } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'

const [reference = '', key = '', chainPath = '', count = '1'] = process.argv.slice(2)
const { registry: host, repository, digest = '' } = parseReference(reference)
const { envelope } = notaryJws
const certificates = parseCertificates(await readFile(chainPath), chainPath).map(({ der }) => der)
await using signer = await openSigner(fileKeys(), `file:${key}`, { algorithm: envelope.algorithmFor })
console.log('ready')
for await (const _ of createInterface(process.stdin)) break
const signed = await Promise.all(
  Array.from({ length: Number(count) }, () =>
    signArtifact({ artifacts: registry(`${host}/${repository}`) }, digest, notaryJws, content =>
      seal(envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
    ),
  ),
)
for (const { signature } of signed) console.log(signature.digest)
