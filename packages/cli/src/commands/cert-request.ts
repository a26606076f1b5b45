import { decodePem, encodePem } from '@sealwright/core/encoding'
import {
  certificateSigningAlgorithm,
  formatDistinguishedName,
  parseCertificateRequest,
  requestCertificate,
} from '@sealwright/x509'
import { assertOut, requiredSubject } from '../certificates/out.ts'
import { writeNamedFile } from '../config/replace-file.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface CertRequestFlags extends KeyFlags {
  readonly subject?: string
  readonly out?: string
}

const LABEL = 'CERTIFICATE REQUEST'

/** `sealwright cert request KEY --subject DN` */
export async function certRequest(
  context: Context,
  [text]: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as CertRequestFlags
  const subject = requiredSubject(flags.subject, 'cert request')
  assertOut(context, flags.out)
  await using keys = await openKeys(context, flags)
  const key = await keys.select(text)
  await using signer = await keys.open(key, certificateSigningAlgorithm)
  const der = await context.dialogue.waiting(`key ${key.label}`, async () =>
    requestCertificate({ signer, subject, requireIdentity: true, signal: await context.deadline() }),
  )
  const request = parseCertificateRequest(der)
  const pem = encodePem(LABEL, der)
  const name = formatDistinguishedName(request.subject)
  const toFile = flags.out !== undefined && flags.out !== '-'
  const written =
    toFile && (await writeNamedFile(context, flags.out as string, pem, existing => isSame(existing, request)))
  return {
    exitCode: 0,
    document: { subject: name, file: toFile ? flags.out : null, pem },
    lines: toFile
      ? [
          written
            ? `wrote ${flags.out}: a request for ${name}, signed by key ${key.label}`
            : `nothing to do: ${flags.out} is a request for ${name} by this key`,
        ]
      : [],
    ...(toFile ? {} : { raw: pem }),
  }
}

/** Whether a file is a request for the same subject by the same key; its signature differs with each run. */
function isSame(existing: Uint8Array, request: ReturnType<typeof parseCertificateRequest>): boolean {
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
