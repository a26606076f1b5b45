export { type LayoutArchiveOptions, layoutArchive } from './archive/archive.ts'
export { type ArchiveInput, archiveInput } from './archive/archive-input.ts'
export { archiveOutput } from './archive/archive-output.ts'
export { type Spooled, type SpoolOptions, spool } from './archive/spool.ts'
export type { TarEntry, TarOptions } from './archive/tar-entries.ts'
export { TarFile } from './archive/tar-file.ts'
export type {
  ArtifactStore,
  PushCall,
  PushResult,
  ReferrersQuery,
  StoreCall,
  StoredEntry,
  TagCall,
  TagsQuery,
} from './artifact-store.ts'
export { type ArtifactKind, artifactKind } from './copy/artifact-kind.ts'
export { choosePlatform, formatPlatform } from './copy/choose-platform.ts'
export { copyGraph } from './copy/copy-graph.ts'
export type { CopyEvent, CopyOptions, CopyReport, LeftBehind, Moved } from './copy/copy-options.ts'
export { appendTaggedSignature, type TaggedContent } from './copy/cosign-tags.ts'
export { blobsOf, childrenOf, type GraphNode, type GraphRole } from './copy/graph-node.ts'
export {
  filterReferrers,
  type ReferrerNode,
  type ReferrerTree,
  type ReferrerTreeOptions,
  referrerTree,
} from './copy/referrer-tree.ts'
export { type WalkOptions, walkGraph } from './copy/walk-graph.ts'
export type { Descriptor, Platform } from './descriptor.ts'
export { type Digest, type DigestAlgorithm, digestOf, isDigest, parseDigest } from './digest.ts'
export { emptyConfig } from './empty-config.ts'
export { type LayoutDirectoryOptions, layoutDirectory } from './layout/directory.ts'
export { type HeldLock, withFileLock } from './layout/file-lock.ts'
export {
  type ArtifactManifest,
  artifactTypeOf,
  formatManifest,
  type ImageIndex,
  type ImageManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type ManifestMembers,
  parseManifest,
} from './manifest.ts'
export {
  Annotations,
  COSIGN_SIGN,
  isManifestMediaType,
  MediaTypes,
  manifestMediaTypes,
  ReferrerTypes,
} from './media-types.ts'
export { memory } from './memory.ts'
export { readBlob, readManifest } from './read.ts'
export { formatReference, isTag, parseReference, type Reference, shownReference } from './reference.ts'
export { referrersTag } from './referrers-tag.ts'
export { canonicalRegistry } from './registry-host.ts'
export type { RetryPolicy } from './retry.ts'
export { soleTarget } from './sole-target.ts'
export { referrersIn, withSignaturesIn } from './with-signatures.ts'
