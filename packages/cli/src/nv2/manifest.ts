import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { type Descriptor, MAX_MANIFEST_BYTES, MediaTypes, parseManifest } from '@sealwright/oci'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { readFile } from '../targets/read-file.ts'
import type { ManifestFlags } from './program.ts'
import { openRemote } from './remote.ts'
import type { ManifestUri } from './uri.ts'

/** What is signed or verified: the manifest that a URI names, by type, digest and size. */
export async function readSignedManifest(
  session: Session,
  uri: ManifestUri,
  flags: ManifestFlags,
): Promise<Descriptor> {
  if (uri.kind === 'registry') {
    await using remote = await openRemote(session, uri, flags)
    return remote.manifest
  }
  if (uri.kind === 'stdin' && session.io.stdin.isTerminal) {
    throw usageError('no manifest is named', {
      why: 'stdin, where it would come from, is a terminal',
      fix: 'name it: file:PATH, docker://REFERENCE or oci://REFERENCE',
    })
  }
  const { io } = session
  const bytes = uri.kind === 'stdin' ? io.stdin.read() : readFile(resolve(io.cwd, uri.path), io.signal)
  return describe(bytes, uri.kind === 'stdin' ? 'stdin' : uri.path, flags.mediaType)
}

/**
 * Refuses flags that have nothing to say.
 *
 * @param isRemote - Whether the run talks to a registry.
 */
export function assertManifestFlags({ kind }: ManifestUri, flags: ManifestFlags, isRemote: boolean): void {
  if (kind === 'registry' && flags.mediaType !== undefined)
    throw stray('--media-type', 'a registry says the type of its manifests')
  const remote = [
    ['-u', flags.username],
    ['-p', flags.password],
    ['--plain-http', flags.plainHttp],
    ['--insecure', flags.insecure],
  ].find(([, value]) => value !== undefined)
  if (!isRemote && remote !== undefined) throw stray(remote[0] as string, 'nothing here is in a registry')
  if (kind === 'stdin' && flags.password === '-') {
    throw usageError('stdin cannot be read twice', {
      why: 'the manifest and the password would both come from there',
      fix: 'give the manifest as file:PATH',
    })
  }
}

function stray(flag: string, why: string): Error {
  return usageError(`${flag} has no effect here`, { why, fix: 'leave it out' })
}

/** SHA-256, as the prototype had it; what is too large for a manifest is hashed all the same. */
async function describe(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  mediaType: string | undefined,
): Promise<Descriptor> {
  const hash = createHash('sha256')
  let head: Uint8Array[] = []
  let size = 0
  for await (const chunk of stream) {
    hash.update(chunk)
    size += chunk.length
    if (size > MAX_MANIFEST_BYTES) head = []
    else head.push(Uint8Array.from(chunk))
  }
  if (size === 0) {
    throw usageError(`${name} is empty`, {
      why: 'a manifest has at least one byte, and what was to write it may have failed',
      fix: 'write it again: docker generatemanifest NAME > manifest.json',
    })
  }
  const digest = `sha256:${hash.digest('hex')}`
  return { mediaType: mediaType ?? ownType(Buffer.concat(head)) ?? MediaTypes.dockerManifest, digest, size }
}

/** What a manifest says it is; the prototype took every file for an image of Docker's. */
function ownType(bytes: Uint8Array): string | undefined {
  try {
    return parseManifest(bytes).mediaType
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
