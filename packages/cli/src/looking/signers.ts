import { isSealwrightError } from '@sealwright/core'
import { type ArtifactStore, readBlob, readManifest } from '@sealwright/oci'
import type { ListedNode } from '../documents/listing.ts'
import { AtOnce } from '../frame/at-once.ts'
import { inspectFound } from './inspect-found.ts'
import type { Tree } from './referrer-tree.ts'

/** Each costs two requests: of more signatures only the first are opened. */
const MAX_OPENED = 50
const MAX_BYTES = 4 * 1024 * 1024
const CONCURRENCY = 8

type Signed = Pick<ListedNode, 'signer' | 'signingTime'>

/**
 * The tree with what its signatures say of themselves: who made them, and when. Nothing of it is verified, and a signature
 * that cannot be read says nothing.
 */
export async function withSigners(
  store: ArtifactStore,
  tree: Tree,
  {
    signal,
    concurrency = CONCURRENCY,
  }: { readonly signal: AbortSignal; readonly concurrency?: number | undefined },
): Promise<Tree> {
  const opened = signaturesIn(tree).slice(0, MAX_OPENED)
  const atOnce = new AtOnce(concurrency)
  const found = await Promise.all(
    opened.map(async node => [node.digest, await atOnce.run(() => signedBy(store, node, signal))] as const),
  )
  return merged(tree, new Map(found))
}

function signaturesIn({ referrers, manifests }: Tree): readonly ListedNode[] {
  return [...referrers, ...manifests].flatMap(node => [
    ...(node.kind === 'signature' && node.fault === null && !node.again ? [node] : []),
    ...signaturesIn(node),
  ])
}

function merged({ referrers, manifests }: Tree, signed: ReadonlyMap<string, Signed>): Tree {
  const within = (nodes: readonly ListedNode[]): ListedNode[] =>
    nodes.map(node => ({ ...node, ...signed.get(node.digest), ...merged(node, signed) }))
  return { referrers: within(referrers), manifests: within(manifests) }
}

async function signedBy(
  store: ArtifactStore,
  { digest, mediaType, size }: ListedNode,
  signal: AbortSignal,
): Promise<Signed> {
  try {
    const manifest = await readManifest(store, { digest, mediaType, size }, { signal })
    const [layer] =
      manifest.kind === 'image' ? manifest.layers : manifest.kind === 'artifact' ? manifest.blobs : []
    if (layer === undefined) return { signer: null, signingTime: null }
    const bytes = await readBlob(store, layer, MAX_BYTES, { signal })
    const { annotations, mediaType: type } = layer
    const { certificates, signingTime } = inspectFound({
      digest,
      mediaType: type,
      bytes,
      ...(annotations === undefined ? {} : { annotations }),
    })
    const subject = certificates[0]?.subject
    return { signer: subject === undefined ? null : commonName(subject), signingTime }
  } catch (error) {
    if (!isSealwrightError(error) || signal.aborted) throw error
    return { signer: null, signingTime: null }
  }
}

/** The common name of a subject, or all of it. */
function commonName(subject: string): string {
  return /(?:^|,)CN=((?:\\.|[^,\\])+)/.exec(subject)?.[1] ?? subject
}
