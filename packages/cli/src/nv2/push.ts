import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { pushSignature } from './push-signature.ts'
import { openRemote } from './remote.ts'
import { readSignatureFile, type SignatureFlags } from './signature-file.ts'
import type { RemoteFlags } from './tool.ts'
import { parseRemoteUri } from './uri.ts'

/** `nv2 push -f SIGNATURE URI` */
export async function push(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as RemoteFlags & SignatureFlags
  const uri = parseRemoteUri(text as string)
  const bytes = await readSignatureFile(context, flags)
  await using remote = await openRemote(context, uri, flags)
  return { exitCode: EXIT.done, document: {}, lines: [await pushSignature(context, remote, bytes)] }
}
