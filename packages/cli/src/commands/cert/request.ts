import { certificateSigningAlgorithm } from '@sealwright/x509'
import { makeRequest } from '../../certificates/request.ts'
import { openKeys } from '../../keys/keys.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { CertRequestFlags } from './spec.ts'

/** `sealwright cert request KEY --subject DN` */
export async function certRequest(
  session: Session,
  [text]: readonly [string?],
  flags: CertRequestFlags,
): Promise<Outcome> {
  const wanted = requiredSubject(flags.subject, 'cert request')
  assertOut(session, flags.out)
  await using keys = await openKeys(session, flags)
  const key = await keys.select(text)
  await using signer = await keys.open(key, certificateSigningAlgorithm)
  const file = flags.out === '-' ? undefined : flags.out
  const { subject, pem, written } = await makeRequest(session, signer, {
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

/** The subject that must be given. */
export function requiredSubject(subject: string | undefined, command: 'cert issue' | 'cert request'): string {
  if (subject !== undefined) return subject
  throw usageError('--subject is missing', {
    why: 'a certificate names the owner of the key',
    fix: `sealwright ${command} KEY --subject "C=DE,ST=Hessen,O=Acme,CN=release"`,
  })
}

/** Refuses `--out -` with JSON: stdout is one or the other. */
export function assertOut({ flags }: Session, out: string | undefined): void {
  if (out !== '-' || flags.output !== 'json') return
  throw usageError('--out - and -o json cannot be used together', {
    why: 'stdout is either the PEM or the document, which holds the PEM too',
    fix: 'leave --out out',
  })
}
