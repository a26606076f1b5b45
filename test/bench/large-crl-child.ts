import { readFile } from 'node:fs/promises'
import { openSigner, seal, type TargetArtifact } from '@sealwright/core'
import { notaryJws } from '@sealwright/core/notary-jws'
import {
  notaryJws as binding,
  createVerifier,
  revocationCache,
  signFile,
  trustAnchors,
} from '@sealwright/notary'
import { fileKeys } from '@sealwright/provider-file'
import { issueCertificate, parseCertificates } from '@sealwright/x509'
import type { LargeCrlResult, LargeCrlTask } from './large-crl.ts'

// `node large-crl-child.ts`, with a task on stdin: prints the result as JSON.

const CERTIFICATES = 10_000
/** How many are under way at the same time. */
const AT_ONCE = 16
const DAY_MS = 86_400_000

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk)
const { ca, keyPath, cache, url }: LargeCrlTask = JSON.parse(Buffer.concat(chunks).toString())
const [issuer] = parseCertificates(await readFile(ca.certificatePath), ca.certificatePath)
await using caSigner = await openSigner(fileKeys(), `file:${ca.keyPath}`)
await using signer = await openSigner(fileKeys(), `file:${keyPath}`, { algorithm: notaryJws.algorithmFor })

let reads = 0
const cached = revocationCache({ crl: cache })
const verifier = await createVerifier({
  trust: trustAnchors({ certificates: [issuer!.der] }),
  revocation: {
    cache: {
      ...cached,
      crl: named => {
        reads++
        return cached.crl(named)
      },
    },
  },
})
const now = Date.now()
const content = Buffer.from('what all of them sign')
let next = 0
const work = async () => {
  while (next < CERTIFICATES) {
    const certificate = await issueCertificate({
      signer: caSigner,
      issuer: issuer!,
      subject: `CN=signer ${next++},O=Sealwright Test,ST=WA,C=US`,
      publicKey: signer.key.publicKey,
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + DAY_MS),
      crlUrls: [url],
    })
    const certificates = [certificate.der, issuer!.der]
    const sealed = (signed: TargetArtifact) =>
      seal(notaryJws, signed, signer, { attributes: { signingTime: new Date() }, certificates })
    const { envelope } = await signFile(content, binding, sealed, {
      algorithm: signer.algorithm.id,
      mediaType: 'text/plain',
    })
    const { verdict, signatures } = await verifier.verifyFile({ content, envelope })
    if (verdict !== 'verified') throw new Error(`we say ${verdict}: ${JSON.stringify(signatures)}`)
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work))
const status = await readFile('/proc/self/status', 'utf8')
const peakKibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1])
console.log(JSON.stringify({ peakKibibytes, reads } satisfies LargeCrlResult))
