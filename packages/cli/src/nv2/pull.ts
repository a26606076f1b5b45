import { join, resolve } from 'node:path'
import { nv2Jwt, nv2Signatures } from '@sealwright/nv2'
import { EXIT } from '../runtime/exit.ts'
import type { Outcome } from '../runtime/outcome.ts'
import type { Session } from '../session/session.ts'
import type { PullFlags } from './program.ts'
import { refused } from './refused.ts'
import { openRemote } from './remote.ts'
import { writeSignature } from './signature-file.ts'
import { parseRemoteUri } from './uri.ts'

/** `nv2 pull [-o DIR] URI`: writes each signature of the manifest to a file; none is verified. */
export async function pull(session: Session, [text]: readonly [string?], flags: PullFlags): Promise<Outcome> {
  await using remote = await openRemote(session, parseRemoteUri(text as string), flags)
  const { target, manifest } = remote
  const { signatures } = target
  const signal = await session.deadline()
  const hex = (digest: string): string => digest.slice(digest.indexOf(':') + 1)
  const folder = resolve(session.io.cwd, flags.output ?? hex(manifest.digest))
  const pulled: string[] = []
  for await (const stored of nv2Signatures(signatures, manifest, { signal })) {
    if ('fault' in stored) {
      session.warn(`${stored.artifact.digest} is passed over: ${stored.fault}`)
      continue
    }
    const { config, bytes } = stored
    if (pulled.includes(config.digest)) continue
    const extension = config.mediaType === nv2Jwt.mediaType ? 'jwt' : 'nv2'
    if (!flags.peek)
      await writeSignature(join(folder, `${hex(config.digest)}.${extension}`), bytes, { replaceLink: true })
    pulled.push(config.digest)
  }
  if (pulled.length === 0) {
    const why = `${signatures.name} lists no nv2 signature over it`
    return refused(session, target.nameOf(manifest.digest), { code: 'UNSIGNED', why })
  }
  return { exitCode: EXIT.done, document: {}, lines: pulled }
}
