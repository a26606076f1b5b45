import { isSealwrightError } from '@sealwright/core'
import { type OpenedNv2, openNv2 } from '@sealwright/core/nv2'
import { readCertificates } from '../certificates/read.ts'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { type Believed, judgeManifest, judgeSignature } from './judge.ts'
import { assertManifestFlags, type ManifestFlags, readSignedManifest } from './manifest.ts'
import { refused } from './refused.ts'
import { readSignatureFile, type SignatureFlags } from './signature-file.ts'
import { parseManifestUri } from './uri.ts'
import { warnOfModel } from './warn.ts'

interface VerifyFlags extends ManifestFlags, SignatureFlags {
  readonly cert?: readonly string[]
  readonly caCert?: readonly string[]
}

/** `nv2 verify -f SIGNATURE [-c CERT]… [--ca-cert CERT]… [URI]` */
export async function verify(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as VerifyFlags
  const uri = parseManifestUri(text)
  assertManifestFlags(uri, flags, uri.kind === 'registry')
  const bytes = await readSignatureFile(context, flags)
  const believed = await readBelieved(context, flags)
  warnOfModel(context)
  const name = flags.signature ?? flags.s ?? ''
  const opened = openOrFault(bytes)
  if (typeof opened === 'string') return refused(context, name, { code: 'MALFORMED', why: opened })
  const doubt = judgeSignature(opened, believed, context.io.now())
  if (doubt !== undefined) return refused(context, name, doubt)
  const manifest = await readSignedManifest(context, uri, flags)
  const difference = judgeManifest(opened, manifest)
  if (difference !== undefined) return refused(context, manifest.digest, difference)
  return { exitCode: EXIT.done, document: {}, lines: [manifest.digest] }
}

async function readBelieved({ io }: Context, { cert = [], caCert = [] }: VerifyFlags): Promise<Believed> {
  if (cert.length + caCert.length === 0) {
    throw usageError('nobody is named whose signature would be believed', {
      why: 'there is no trust policy here: whom to believe is said with every call',
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
