import { join, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { nv2, nv2Jwt, openNv2 } from '@sealwright/core/nv2'
import { type ArtifactStore, type Descriptor, readBlob, readManifest } from '@sealwright/oci'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { judgeManifest } from './judge.ts'
import { refused } from './refused.ts'
import { openRemote, type Remote } from './remote.ts'
import type { RemoteFlags } from './tool.ts'
import { parseRemoteUri } from './uri.ts'
import { writeSignature } from './write-signature.ts'

interface PullFlags extends RemoteFlags {
  readonly output?: string
  readonly peek?: true
}

/** As types of artifacts, in the order in which they are asked for; what ends the name of a file. */
const FORMS: Readonly<Record<string, string>> = { [nv2.mediaType]: 'nv2', [nv2Jwt.mediaType]: 'jwt' }
const MAX_SIGNATURES = 1000
const MAX_BYTES = 4 * 1024 * 1024

/** `nv2 pull [-o DIR] URI`: every signature over the manifest goes to a file; none is judged. */
export async function pull(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as PullFlags
  await using remote = await openRemote(context, parseRemoteUri(text as string), flags)
  const { target, manifest } = remote
  const signal = await context.deadline()
  const hex = (digest: string): string => digest.slice(digest.indexOf(':') + 1)
  const folder = resolve(context.io.cwd, flags.output ?? hex(manifest.digest))
  const pulled: string[] = []
  for await (const { config, bytes } of signaturesOf(context, remote, signal)) {
    if (pulled.includes(config.digest)) continue
    if (!flags.peek)
      await writeSignature(join(folder, `${hex(config.digest)}.${FORMS[config.mediaType]}`), bytes, {
        replaceLink: true,
      })
    pulled.push(config.digest)
  }
  if (pulled.length === 0) {
    const why = `${target.signatures.name} lists no nv2 signature over it`
    return refused(context, target.nameOf(manifest.digest), { code: 'UNSIGNED', why })
  }
  return { exitCode: EXIT.done, document: {}, lines: pulled }
}

interface Found {
  readonly config: Descriptor
  readonly bytes: Uint8Array
}

/** The signatures among the referrers; what is none, or is over something else, is named and passed over. */
async function* signaturesOf(
  context: Context,
  { target: { signatures }, manifest }: Remote,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  let count = 0
  for (const artifactType of Object.keys(FORMS)) {
    for await (const referrer of signatures.referrers(manifest, { artifactType, signal })) {
      if (++count > MAX_SIGNATURES) {
        throw usageError(`there are more than ${MAX_SIGNATURES} signatures in ${signatures.name}`, {
          why: 'so many are not pulled at once',
          fix: 'delete those that nobody needs',
        })
      }
      const found = await readSignature(signatures, referrer, signal)
      const fault = typeof found === 'string' ? found : faultOf(found.bytes, manifest)
      if (fault !== undefined) context.warn(`${referrer.digest} is passed over: ${fault}`)
      else yield found as Found
    }
  }
}

async function readSignature(
  store: ArtifactStore,
  referrer: Descriptor,
  signal: AbortSignal,
): Promise<Found | string> {
  const manifest = await readManifest(store, referrer, { signal })
  if (manifest.kind !== 'image' || FORMS[manifest.config.mediaType] === undefined)
    return 'its config is not an nv2 signature'
  if (manifest.config.size > MAX_BYTES) return `its signature has ${manifest.config.size} bytes`
  const bytes = await readBlob(store, manifest.config, MAX_BYTES, { signal })
  return { config: manifest.config, bytes }
}

function faultOf(bytes: Uint8Array, manifest: Descriptor): string | undefined {
  try {
    return judgeManifest(openNv2(bytes), manifest)?.why
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return error.message
    throw error
  }
}
