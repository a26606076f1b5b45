import { certificateSigningAlgorithm } from '@sealwright/x509'
import { assertOut, requiredSubject } from '../certificates/out.ts'
import { makeRequest } from '../certificates/request.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface CertRequestFlags extends KeyFlags {
  readonly subject?: string
  readonly out?: string
}

/** `sealwright cert request KEY --subject DN` */
export async function certRequest(
  context: Context,
  [text]: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as CertRequestFlags
  const wanted = requiredSubject(flags.subject, 'cert request')
  assertOut(context, flags.out)
  await using keys = await openKeys(context, flags)
  const key = await keys.select(text)
  await using signer = await keys.open(key, certificateSigningAlgorithm)
  const file = flags.out === '-' ? undefined : flags.out
  const { subject, pem, written } = await makeRequest(context, signer, {
    subject: wanted,
    file,
    label: key.label,
  })
  const document = { subject, file: file ?? null, pem }
  if (file === undefined) return { exitCode: 0, document, lines: [], raw: pem }
  return {
    exitCode: 0,
    document,
    lines: [
      written
        ? `wrote ${file}: a request for ${subject}, signed by key ${key.label}`
        : `nothing to do: ${file} is a request for ${subject} by this key`,
    ],
  }
}
