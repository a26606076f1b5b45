import { resolve } from 'node:path'
import { digestOf } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { readFoundEnvelope, readGivenEnvelope } from '../judging/envelope-file.ts'
import type { FileTarget } from '../targets/target.ts'
import { contentType } from './envelope-type.ts'
import type { FoundEnvelope } from './found-envelope.ts'

/** The envelopes beside a file; where there are none, the file is an envelope itself. */
export async function envelopesOfFile(
  context: Context,
  { path }: FileTarget,
): Promise<readonly FoundEnvelope[]> {
  const beside: FoundEnvelope[] = []
  if (path !== '-') {
    const file = resolve(context.io.cwd, path)
    for (const format of ['jws', 'cose']) {
      const bytes = await readFoundEnvelope(`${file}.${format}.sig`)
      if (bytes !== undefined) beside.push(detached(bytes))
    }
  }
  return beside.length > 0 ? beside : [detached(await readGivenEnvelope(context, path))]
}

function detached(bytes: Uint8Array): FoundEnvelope {
  return { digest: digestOf('sha256', bytes), mediaType: contentType(bytes), bytes }
}
