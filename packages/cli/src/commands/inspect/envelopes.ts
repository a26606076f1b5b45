import { resolve } from 'node:path'
import { type AttachedEnvelope, notaryCose, notaryJws } from '@sealwright/notary'
import { digestOf } from '@sealwright/oci'
import { contentType, describeEnvelope } from '../../inspection/describe.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { readFoundEnvelope, readGivenEnvelope } from '../../signatures/envelopes.ts'
import type { FileTarget } from '../../targets/target.ts'

const BESIDE = [
  ['jws', notaryJws.mediaType],
  ['cose', notaryCose.mediaType],
] as const

/**
 * The envelopes beside a file; where there are none, the file is an envelope itself.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the file is not an envelope: it was named, so this is an error and not a finding.
 */
export async function envelopesOfFile(
  session: Session,
  { path, text }: FileTarget,
): Promise<readonly AttachedEnvelope[]> {
  const beside: AttachedEnvelope[] = []
  if (path !== '-') {
    const file = resolve(session.io.cwd, path)
    for (const [name, mediaType] of BESIDE) {
      const bytes = await readFoundEnvelope(`${file}.${name}.sig`)
      if (bytes !== undefined) beside.push(detached(bytes, contentType(bytes) ?? mediaType))
    }
  }
  return beside.length > 0 ? beside : [givenEnvelope(text, await readGivenEnvelope(session, path))]
}

function givenEnvelope(text: string, bytes: Uint8Array): AttachedEnvelope {
  const mediaType = contentType(bytes)
  const found = detached(bytes, mediaType ?? '')
  const fault = mediaType === undefined ? UNKNOWN : describeEnvelope(found).fault
  if (fault === null) return found
  throw usageError(
    `${text === '-' ? 'stdin' : text} is not a signature, an attestation or a bill of materials`,
    {
      why: bytes.byteLength === 0 ? 'it is empty' : fault,
      fix: 'name the file that was signed, with FILE.jws.sig or FILE.cose.sig next to it, or the signature itself',
    },
  )
}

const UNKNOWN =
  'it is not a Notary Project envelope (JWS or COSE), a DSSE envelope, a Sigstore bundle, an nv2 signature, SPDX or CycloneDX'

function detached(bytes: Uint8Array, mediaType: string): AttachedEnvelope {
  return { digest: digestOf('sha256', bytes), mediaType, bytes }
}
