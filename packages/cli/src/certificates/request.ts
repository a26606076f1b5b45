import type { Signer } from '@sealwright/core'
import { decodePem, encodePem } from '@sealwright/core/encoding'
import {
  type CertificateRequest,
  formatDistinguishedName,
  parseCertificateRequest,
  requestCertificate,
} from '@sealwright/x509'
import type { Session } from '../session/session.ts'
import { writeNamedFile } from '../session/write-named-file.ts'

const LABEL = 'CERTIFICATE REQUEST'

export interface MadeRequest {
  /** As it is printed. */
  readonly subject: string
  readonly pem: string
  /** Whether the file was written; false where one by the same key for the same subject is there, or none was named. */
  readonly written: boolean
}

/**
 * Makes a certificate request, signed by the key, and writes it to a file if one is named.
 *
 * @param request.subject - RFC 4514.
 * @param request.replaceLink - As of {@link writeNamedFile}.
 * @throws {@link SealwrightError} `VALIDATION` for a subject that no trusted identity can match.
 */
export async function makeRequest(
  session: Session,
  signer: Signer,
  request: {
    readonly subject: string
    readonly file?: string | undefined
    readonly replaceLink?: boolean | undefined
    readonly label: string
  },
): Promise<MadeRequest> {
  const { subject, file, replaceLink = false, label } = request
  const der = await session.dialogue.waiting(`key ${label}`, async () =>
    requestCertificate({ signer, subject, requireIdentity: true, signal: await session.deadline() }),
  )
  const made = parseCertificateRequest(der)
  const pem = encodePem(LABEL, der)
  const written =
    file !== undefined &&
    (await writeNamedFile(session, file, pem, { isSame: existing => isSame(existing, made), replaceLink }))
  return { subject: formatDistinguishedName(made.subject), pem, written }
}

/** Whether a file is a request for the same subject by the same key; its signature differs with each run. */
function isSame(existing: Uint8Array, request: CertificateRequest): boolean {
  try {
    const [block] = decodePem(Buffer.from(existing).toString('latin1'), 'request')
    const other = parseCertificateRequest((block as { bytes: Uint8Array }).bytes)
    return (
      Buffer.compare(other.publicKey, request.publicKey) === 0 &&
      Buffer.compare(other.rawSubject, request.rawSubject) === 0
    )
  } catch {
    return false
  }
}
