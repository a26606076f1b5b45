import { isSealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  type ReferrerNode,
  type ReferrerTree,
  readBlob,
  readManifest,
} from '@sealwright/oci'
import { formatDistinguishedName } from '@sealwright/x509'
import pLimit from 'p-limit'
import { inspectAny } from '../../inspection/describe.ts'
import { formatTime } from '../../runtime/time.ts'
import type { ListedNode } from './document.ts'

/** Each costs two requests: of more signatures only the first are opened. */
const MAX_OPENED = 50
const MAX_BYTES = 4 * 1024 * 1024
const CONCURRENCY = 8

/** What a signature says of itself. Nothing of it is verified. */
export type Signed = Pick<ListedNode, 'signer' | 'signingTime'>

/** What the signatures in a tree say of themselves, by digest; one that cannot be read says nothing. */
export async function signersIn(
  store: ArtifactStore,
  tree: ReferrerTree,
  {
    signal,
    concurrency = CONCURRENCY,
  }: { readonly signal: AbortSignal; readonly concurrency?: number | undefined },
): Promise<ReadonlyMap<string, Signed>> {
  const limit = pLimit(concurrency)
  const found = await Promise.all(
    signaturesIn(tree)
      .slice(0, MAX_OPENED)
      .map(async ({ descriptor }) => {
        const signed = await limit(() => signedBy(store, descriptor, signal))
        return [descriptor.digest, signed] as const
      }),
  )
  return new Map(found)
}

function signaturesIn({ referrers, manifests }: ReferrerTree): readonly ReferrerNode[] {
  return [...referrers, ...manifests].flatMap(node => [
    ...(node.kind === 'signature' && node.fault === undefined && !node.again ? [node] : []),
    ...signaturesIn(node),
  ])
}

async function signedBy(
  store: ArtifactStore,
  { digest, mediaType, size }: Descriptor,
  signal: AbortSignal,
): Promise<Signed> {
  try {
    const manifest = await readManifest(store, { digest, mediaType, size }, { signal })
    const [layer] =
      manifest.kind === 'image' ? manifest.layers : manifest.kind === 'artifact' ? manifest.blobs : []
    if (layer === undefined) return UNKNOWN
    const bytes = await readBlob(store, layer, MAX_BYTES, { signal })
    const { annotations } = layer
    const { certificates, signingTime } = inspectAny({ mediaType: layer.mediaType, bytes, annotations })
    const subject = certificates?.[0]?.subject
    return {
      signer: subject === undefined ? null : commonName(formatDistinguishedName(subject)),
      signingTime: signingTime === undefined ? null : formatTime(signingTime),
    }
  } catch (error) {
    if (!isSealwrightError(error) || signal.aborted) throw error
    return UNKNOWN
  }
}

const UNKNOWN: Signed = { signer: null, signingTime: null }

/** The common name of a subject, or all of it. */
function commonName(subject: string): string {
  return /(?:^|,)CN=((?:\\.|[^,\\])+)/.exec(subject)?.[1] ?? subject
}
