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
  TagsQuery,
} from './artifact-store.ts'
export { type ArtifactKind, artifactKind } from './copy/artifact-kind.ts'
export { choosePlatform, formatPlatform } from './copy/choose-platform.ts'
export { copyGraph } from './copy/copy-graph.ts'
export type { CopyEvent, CopyOptions, CopyReport, LeftBehind, Moved } from './copy/copy-options.ts'
export { blobsOf, childrenOf, type GraphNode, type GraphRole } from './copy/graph-node.ts'
export { type WalkOptions, walkGraph } from './copy/walk-graph.ts'
export {
  type Credential,
  type CredentialRequest,
  type CredentialSource,
  credentialFor,
} from './credentials/credential.ts'
export { type DockerCredentialsOptions, dockerCredentials } from './credentials/docker-credentials.ts'
export {
  type DockerLoginOptions,
  forgetDockerLogin,
  type KeptLogin,
  keepDockerLogin,
} from './credentials/docker-login.ts'
export { helperEnvironment } from './credentials/helper-environment.ts'
export { programPath } from './credentials/program-path.ts'
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
export { isManifestMediaType, MediaTypes, manifestMediaTypes } from './media-types.ts'
export { memory } from './memory.ts'
export { readBlob, readManifest } from './read.ts'
export { formatReference, isTag, parseReference, type Reference, shownReference } from './reference.ts'
export { referrersTag } from './referrers-tag.ts'
export { checkLogin } from './registry/check-login.ts'
export { examineRegistry, type Permission, type RegistryAbilities } from './registry/examine-registry.ts'
export type { HttpFetchOptions, TlsSettings } from './registry/http-exchange.ts'
export { httpFetch } from './registry/http-fetch.ts'
export { listedSubjects } from './registry/listed-subjects.ts'
export type { ReferrerFault, ReferrersState, RepairOptions } from './registry/referrers-repair.ts'
export { type RegistryOptions, registry } from './registry/registry.ts'
export { repairReferrers } from './registry/repair-referrers.ts'
export type { RetryPolicy } from './registry/retry.ts'
export { canonicalRegistry } from './registry-host.ts'
export { soleTarget } from './sole-target.ts'
