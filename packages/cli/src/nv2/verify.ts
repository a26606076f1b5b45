import { isSealwrightError } from '@sealwright/core'
import { judgeNv2Manifest, judgeNv2Signature, type Nv2Trust, type OpenedNv2, openNv2 } from '@sealwright/nv2'
import { readCertificates } from '../certificates/certificate.ts'
import { EXIT } from '../runtime/exit.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { assertManifestFlags, readSignedManifest } from './manifest.ts'
import type { VerifyFlags } from './program.ts'
import { refused, warnOfModel } from './refused.ts'
import { readSignatureFile } from './signature-file.ts'
import { parseManifestUri } from './uri.ts'

/** `nv2 verify -f SIGNATURE [-c CERT]… [--ca-cert CERT]… [URI]` */
export async function verify(
  session: Session,
  [text]: readonly [string?],
  flags: VerifyFlags,
): Promise<Outcome> {
  const uri = parseManifestUri(text)
  assertManifestFlags(uri, flags, uri.kind === 'registry')
  const bytes = await readSignatureFile(session, flags)
  const trust = await readTrust(session, flags)
  warnOfModel(session)
  const name = flags.signature ?? flags.s ?? ''
  const opened = openOrFault(bytes)
  if (typeof opened === 'string') return refused(session, name, { code: 'MALFORMED', why: opened })
  const doubt = judgeNv2Signature(opened, trust, session.io.now())
  if (doubt !== undefined) return refused(session, name, doubt)
  const manifest = await readSignedManifest(session, uri, flags)
  const difference = judgeNv2Manifest(opened, manifest)
  if (difference !== undefined) return refused(session, manifest.digest, difference)
  return { exitCode: EXIT.done, document: {}, lines: [manifest.digest] }
}

async function readTrust({ io }: Session, { cert = [], caCert = [] }: VerifyFlags): Promise<Nv2Trust> {
  if (cert.length + caCert.length === 0) {
    throw usageError('no trusted certificate is given', {
      why: 'nv2 has no trust policy: each call names the certificates that it trusts',
      fix: 'add -c with the certificate of the signer, or --ca-cert with that of its authority',
    })
  }
  const read = async (files: readonly string[]) =>
    (await Promise.all(files.map(file => readCertificates(file, io.cwd)))).flat()
  return { signers: await read(cert), authorities: await read(caCert) }
}

function openOrFault(bytes: Uint8Array): OpenedNv2 | string {
  try {
    return openNv2(bytes)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return error.message
    throw error
  }
}
