import { writeFileAtomic } from '@sealwright/core/files'
import {
  type Certificate,
  certificateSigningAlgorithm,
  encodeCertificates,
  issueCertificate,
} from '@sealwright/x509'
import { validityFrom } from '../certificates/validity.ts'
import type { Context } from '../frame/context.ts'
import type { Keys } from '../keys/keys.ts'

/** Makes a self-signed certificate that meets the Notary Project's rules, and keeps it in a file. */
export async function makeCertificate(
  context: Context,
  keys: Keys,
  reference: string,
  options: { readonly subject: string; readonly expiryMs: number; readonly file: string },
): Promise<readonly Certificate[]> {
  await using signer = await keys.openUnnamed(reference, reference, certificateSigningAlgorithm)
  const certificate = await issueCertificate({
    signer,
    subject: options.subject,
    ...validityFrom(context.io.now(), options.expiryMs),
    requireIdentity: true,
    signal: await context.deadline(),
  })
  context.step(`write ${options.file}`)
  await writeFileAtomic(options.file, encodeCertificates([certificate]))
  return [certificate]
}
