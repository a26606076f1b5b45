import { createHash, type Hash } from 'node:crypto'
import {
  type AlgorithmId,
  algorithms,
  type Message,
  SealwrightError,
  type TargetArtifact,
} from '@sealwright/core'

export interface FileContentOptions {
  /** The signing key's algorithm: its hash makes the digest (SHA-384 for PS384 and ES384, and so on). */
  readonly algorithm: AlgorithmId
  /** Default `application/octet-stream`. */
  readonly mediaType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

const DEFAULT_TYPE = 'application/octet-stream'
/** RFC 6838 names, with parameters of RFC 2045: what Go's `mime.ParseMediaType` takes, but for lone type names. */
const MEDIA_TYPE =
  /^[a-z0-9][\w!#$&^.+-]{0,126}\/[a-z0-9][\w!#$&^.+-]{0,126}(?:\s*;\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"\\\r\n]*"))*$/i

/**
 * Returns what is signed for a file. The file is read once and never held whole.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an invalid media type; `UNSUPPORTED` for an algorithm without a hash.
 */
export async function fileContent(content: Message, options: FileContentOptions): Promise<TargetArtifact> {
  const { algorithm, mediaType = DEFAULT_TYPE, metadata = {} } = options
  assertMediaType(mediaType)
  const digest = (await fileDigests(content, [algorithm]))[algorithm]!
  return {
    mediaType,
    ...digest,
    ...(Object.keys(metadata).length === 0 ? {} : { annotations: { ...metadata } }),
  }
}

/** Digest and size of a file, by the hash of each of these algorithms. The file is read once. */
export async function fileDigests(
  content: Message,
  by: readonly AlgorithmId[],
): Promise<Partial<Record<AlgorithmId, FileDigest>>> {
  const hashes = new Map<string, Hash>()
  for (const algorithm of by) hashes.set(hashOf(algorithm), createHash(hashOf(algorithm)))
  let size = 0
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    for (const hash of hashes.values()) hash.update(chunk)
    size += chunk.byteLength
  }
  const digests = new Map([...hashes].map(([name, hash]) => [name, `${name}:${hash.digest('hex')}`]))
  return Object.fromEntries(
    by.map(algorithm => [algorithm, { digest: digests.get(hashOf(algorithm))!, size }]),
  )
}

interface FileDigest {
  readonly digest: string
  readonly size: number
}

function hashOf(algorithm: AlgorithmId): string {
  const { hash } = algorithms[algorithm]
  if (hash === undefined)
    throw new SealwrightError('UNSUPPORTED', `${algorithm} has no hash to name a file by`)
  return hash
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function assertMediaType(mediaType: string): void {
  if (MEDIA_TYPE.test(mediaType)) return
  throw new SealwrightError('VALIDATION', `${JSON.stringify(mediaType)} is not a media type`, {
    fix: 'give one of the form type/subtype, as in application/octet-stream',
  })
}
