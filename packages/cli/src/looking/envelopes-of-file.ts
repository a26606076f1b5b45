import { resolve } from 'node:path'
import { notaryCose, notaryJws } from '@sealwright/notary'
import { digestOf } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { readFoundEnvelope, readGivenEnvelope } from '../judging/envelope-file.ts'
import type { FileTarget } from '../targets/target.ts'
import { contentType } from './envelope-type.ts'
import type { FoundEnvelope } from './found-envelope.ts'
import { inspectFound } from './inspect-found.ts'

const BESIDE = [
  ['jws', notaryJws.mediaType],
  ['cose', notaryCose.mediaType],
] as const

/**
 * The envelopes beside a file; where there are none, the file is an envelope itself.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a file that is none: it was named, so it is no finding.
 */
export async function envelopesOfFile(
  context: Context,
  { path, text }: FileTarget,
): Promise<readonly FoundEnvelope[]> {
  const beside: FoundEnvelope[] = []
  if (path !== '-') {
    const file = resolve(context.io.cwd, path)
    for (const [name, mediaType] of BESIDE) {
      const bytes = await readFoundEnvelope(`${file}.${name}.sig`)
      if (bytes !== undefined) beside.push(detached(bytes, contentType(bytes) ?? mediaType))
    }
  }
  return beside.length > 0 ? beside : [givenEnvelope(text, await readGivenEnvelope(context, path))]
}

function givenEnvelope(text: string, bytes: Uint8Array): FoundEnvelope {
  const mediaType = contentType(bytes)
  const found = detached(bytes, mediaType ?? '')
  const fault = mediaType === undefined ? UNKNOWN : inspectFound(found).fault
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

function detached(bytes: Uint8Array, mediaType: string): FoundEnvelope {
  return { digest: digestOf('sha256', bytes), mediaType, bytes }
}
