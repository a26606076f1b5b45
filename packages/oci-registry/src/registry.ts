import { SealwrightError } from '@sealwright/core'
import { type ArtifactStore, parseReference, type RetryPolicy } from '@sealwright/oci'
import { RegistryBlobs } from './blobs.ts'
import type { CredentialSource } from './credentials/credential.ts'
import { RegistryClient } from './http/client.ts'
import { type Fetch, isHttpFetch } from './http/http-fetch.ts'
import { apiOrigin } from './http/origin.ts'
import { transportOf } from './http/transport.ts'
import { RegistryManifests } from './manifests.ts'
import { ReferrerTags } from './referrers/referrer-tags.ts'
import { ReferrersApi } from './referrers/referrers-api.ts'
import { ReferrersFallback } from './referrers/referrers-fallback.ts'
import { ReferrersList } from './referrers/referrers-list.ts'
import { ReferrersRepair } from './referrers/referrers-repair.ts'
import { RegistryReferrers } from './referrers/registry-referrers.ts'
import { RegistryStore } from './registry-store.ts'
import { RegistryTags } from './tags.ts'

/** A registry stores a blob that comes at once faster than one in chunks: so much is held to be sent again. */
const WHOLE_BYTES = 16 * 1024 * 1024
/** So many entries of lists are told that cannot be read. */
const MAX_SKIPPED = 100

export interface RegistryOptions {
  /** Asked when the registry wants to know who asks, and at most once. Without it all is done anonymously. */
  readonly credentials?: CredentialSource
  /** Plain http. Default: for this machine only (`localhost`, 127.0.0.0/8, `[::1]`). */
  readonly plainHttp?: boolean
  /**
   * How referrers are listed: by the registry's API, by the fallback tag that clients keep, or (`auto`, the default) by
   * the API where there is one and by the tag elsewhere.
   */
  readonly referrers?: 'auto' | 'api' | 'tag'
  readonly retry?: RetryPolicy
  /** How long a connection may be silent. Default 60 000. */
  readonly idleTimeoutMs?: number
  /**
   * After a change of a fallback tag, how long to wait before looking whether it lasted. Default: twice as long as the
   * change took.
   */
  readonly settleMs?: number
  /**
   * Blobs larger than this are sent in chunks of this size, if the registry takes them; so much is held in memory, so
   * that it can be sent again when a connection ends. Default: chunks of 8 MiB for what is larger than 16 MiB.
   */
  readonly chunkBytes?: number
  readonly userAgent?: string
  /** Called with what the registry warns of, and with what it does not let us do as it should be. */
  readonly onWarning?: (text: string) => void
  /**
   * What requests go through, as `httpFetch` makes one for a private authority, a client certificate or a proxy; or any
   * that obeys `redirect: 'manual'` and `signal`, as the global one does. Default: one by `httpFetch` for the whole process,
   * which uses a proxy where Node was told to (`NODE_USE_ENV_PROXY`).
   */
  readonly fetch?: Fetch
}

/**
 * Returns the store of one repository in a registry (OCI distribution 1.1).
 *
 * @param repository - Host and repository, without tag and digest: `registry.example/app`.
 * @throws {@link SealwrightError} `VALIDATION` when that is not a repository. From its methods, besides what the
 *   interface says: `UNAUTHENTICATED` (401), `ACCESS_DENIED` (403), `THROTTLED` (429), `UNAVAILABLE` (5xx, network),
 *   `UNSUPPORTED` (what the registry does not offer), `VALIDATION` (what it calls our mistake), `ABORTED`, `TIMEOUT`.
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { dockerCredentials, registry } from '@sealwright/oci-registry'
 *
 * const credentials = dockerCredentials({ configFile: `${homedir()}/.docker/config.json` })
 * const { digest } = await registry('registry.example/app', { credentials }).resolve('v1')
 * ```
 */
export function registry(repository: string, options: RegistryOptions = {}): ArtifactStore {
  const reference = parseReference(repository)
  const name = `${reference.registry}/${reference.repository}`
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(repository)} is not a repository`, {
      why: 'it has a tag or a digest',
      fix: `leave it out: ${name}`,
    })
  }
  const { plainHttp, credentials, onWarning, chunkBytes = 8 * 1024 * 1024 } = options
  const transport = transportOf(options)
  const client = new RegistryClient({
    origin: apiOrigin(reference.registry, plainHttp),
    registry: reference.registry,
    repository: reference.repository,
    retry: options.retry ?? {},
    transport,
    ...(credentials === undefined ? {} : { credentials }),
    ...(onWarning === undefined ? {} : { onWarning }),
  })
  // What others wrote may repeat what they saw.
  const warn = onWarning && ((text: string) => onWarning(client.redact(text)))
  const manifests = new RegistryManifests(client, reference.repository, name)
  const tags = new RegistryTags(client, reference.repository, name)
  const onUnlisted = () =>
    warn?.(`${name} does not list its tags: a signature that others wrote over is not found`)
  const referrerTags = new ReferrerTags({ manifests, tags, onUnlisted })
  const skipped = new Set<string>()
  const onSkipped = (entry: string) => {
    if (skipped.has(entry) || skipped.size === MAX_SKIPPED) return
    skipped.add(entry)
    warn?.(`an entry in the list of referrers of ${name} cannot be read and is skipped: ${entry}`)
  }
  const list = new ReferrersList(manifests, name, onSkipped)
  return new RegistryStore({
    name,
    client,
    manifests,
    blobs: new RegistryBlobs({
      client,
      repository: reference.repository,
      name,
      chunkBytes,
      wholeBytes: options.chunkBytes ?? WHOLE_BYTES,
    }),
    referrers: new RegistryReferrers({
      name,
      manifests,
      api: new ReferrersApi(client, reference.repository, name, onSkipped),
      fallback: new ReferrersFallback({
        list,
        referrerTags,
        name,
        settleMs: options.settleMs,
        onWarning: warn,
      }),
      mode: options.referrers ?? 'auto',
    }),
    tags,
    repair: new ReferrersRepair({ manifests, list, referrerTags }),
    warn,
    isReleasable: isHttpFetch(transport.fetch),
  })
}
