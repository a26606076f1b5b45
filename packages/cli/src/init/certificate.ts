import { writeFileAtomic } from '@sealwright/core/files'
import {
  type Certificate,
  certificateSigningAlgorithm,
  encodeCertificates,
  issueCertificate,
} from '@sealwright/x509'
import type { Context } from '../frame/context.ts'
import type { Keys } from '../keys/keys.ts'

/** Makes a self-signed certificate that meets the Notary Project's rules, and keeps it in a file. */
export async function makeCertificate(
  context: Context,
  keys: Keys,
  reference: string,
  options: { readonly subject: string; readonly expiryMs: number; readonly file: string },
): Promise<readonly Certificate[]> {
  const now = new Date(Math.floor(context.io.now().getTime() / 1000) * 1000)
  await using signer = await keys.openUnnamed(reference, reference, certificateSigningAlgorithm)
  const certificate = await issueCertificate({
    signer,
    subject: options.subject,
    notBefore: now,
    notAfter: new Date(now.getTime() + options.expiryMs),
    requireIdentity: true,
    signal: await context.deadline(),
  })
  context.step(`write ${options.file}`)
  await writeFileAtomic(options.file, encodeCertificates([certificate]))
  return [certificate]
}
