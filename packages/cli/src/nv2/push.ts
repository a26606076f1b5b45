import { pushNv2 } from '@sealwright/nv2'
import { EXIT } from '../runtime/exit.ts'
import type { Outcome } from '../runtime/outcome.ts'
import type { Session } from '../session/session.ts'
import type { PushFlags } from './program.ts'
import { openRemote, type Remote } from './remote.ts'
import { readSignatureFile } from './signature-file.ts'
import { parseRemoteUri } from './uri.ts'

/** `nv2 push -f SIGNATURE URI` */
export async function push(session: Session, [text]: readonly [string?], flags: PushFlags): Promise<Outcome> {
  const uri = parseRemoteUri(text as string)
  const bytes = await readSignatureFile(session, flags)
  await using remote = await openRemote(session, uri, flags)
  return { exitCode: EXIT.done, document: {}, lines: [await pushSignature(session, remote, bytes)] }
}

/** Pushes a signature, and notes what the user would not expect. Returns the digest of the artifact. */
export async function pushSignature(
  session: Session,
  { target: { signatures }, manifest }: Remote,
  bytes: Uint8Array,
): Promise<string> {
  const signal = await session.deadline()
  const { artifact, existed, referrers } = await pushNv2(signatures, manifest, bytes, { signal })
  if (existed) session.note('nothing to do: this signature is there already')
  if (referrers === 'tag') session.note(`${signatures.name} has no referrers API: a tag lists the signature`)
  return artifact.digest
}
