import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws, signFile } from '@sealwright/notary'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'

// A process of its own, so that its peak memory is that of one signature: signs the file and prints milliseconds, key
// opening left out, and the peak of its resident memory in bytes.

const [path = '', keyPath = '', chainPath = ''] = process.argv.slice(2)
await using signer = await openSigner(fileKeys(), `file:${keyPath}`, {
  algorithm: notaryJws.envelope.algorithmFor,
})
const certificates = parseCertificates(await readFile(chainPath), chainPath).map(({ der }) => der)
const began = performance.now()
await signFile(
  createReadStream(path),
  notaryJws,
  content =>
    seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
  { algorithm: signer.algorithm.id },
)
const milliseconds = performance.now() - began
console.log(JSON.stringify({ milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 }))
