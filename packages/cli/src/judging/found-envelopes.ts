import { resolve } from 'node:path'
import type { Report } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { readTarget } from '../signing/sign-file-target.ts'
import type { FileTarget } from '../targets/target.ts'
import { readFoundEnvelope, readGivenEnvelope } from './envelope-file.ts'

/** The envelope that was named, or those beside the file, JWS first. The file itself must exist. */
export async function envelopesFor(
  context: Context,
  target: FileTarget,
  signature: string | undefined,
): Promise<readonly Uint8Array[]> {
  if (signature !== undefined) return [await readGivenEnvelope(context, signature)]
  if (target.path === '-') return []
  const path = resolve(context.io.cwd, target.path)
  const found: Uint8Array[] = []
  for (const format of ['jws', 'cose']) {
    const bytes = await readFoundEnvelope(`${path}.${format}.sig`)
    if (bytes !== undefined) found.push(bytes)
  }
  // That there is no file says more than that it has no signature.
  if (found.length === 0) for await (const _ of readTarget(context, target, context.io.signal)) break
  return found
}

/** The report on a file that has no envelope. */
export function unsignedFile({ text, path }: FileTarget): Report {
  const why =
    path === '-'
      ? 'stdin has no file beside it; name the envelope with --signature'
      : `there is neither ${path}.jws.sig nor ${path}.cose.sig`
  return {
    reference: text,
    verdict: 'notVerified',
    reason: { code: 'UNSIGNED', why },
    signatures: [],
    found: [],
  }
}
