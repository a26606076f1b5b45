import type { RegistryOptions } from '../src/index.ts'
import type { FakeRegistryOptions } from './fake-registry.ts'

/** Chunks of these tests. The services' own measures are in MiB. */
export const CHUNK = 10_000

/**
 * GitLab: no referrers API, and the tag `sha256-<hex>` is taken for the digest `sha256:<hex>`, so that the subject itself
 * stands where its referrers should be listed (oras-project/oras-go#1396). Tokens come from the web server at `/jwt/auth`.
 */
export const gitlab: FakeRegistryOptions = {
  referrersApi: false,
  gitlab: true,
  redirectBlobs: true,
  auth: { scheme: 'bearer', users: { ci: 'p' } },
}

/**
 * Amazon ECR: Basic with the user AWS; `OCI-Subject` on every push though nothing lists referrers (as a comment in
 * sigstore-js has it); tags in no order, a hundred to a page, `last` a mark of its own; blobs from S3, which refuses an
 * `Authorization`; `Range` stuck at the first chunk (aws/containers-roadmap#2831) and no empty request to complete an
 * upload in chunks (openai/tart#159).
 */
export const ecr: FakeRegistryOptions = {
  referrersApi: false,
  ociSubject: true,
  tagOrder: 'marks',
  tagPageSize: 3,
  staleRange: true,
  refusesEmptyPut: true,
  redirectBlobs: true,
  auth: { scheme: 'basic', users: { AWS: 'p' } },
}

/** GitHub: no referrers API, chunks of 4 MiB at most and 416 for longer ones (ocx-sh/ocx#237), nothing deleted by its API. */
export const ghcr: FakeRegistryOptions = {
  referrersApi: false,
  deletes: false,
  chunkMaxLength: CHUNK / 2,
  redirectBlobs: true,
  auth: { scheme: 'bearer', users: { ci: 'p' } },
}

/** Docker Hub: no referrers API, tokens even for what is public, blobs from another host, and 429 for the impatient. */
export const dockerHub: FakeRegistryOptions = {
  referrersApi: false,
  deletes: false,
  redirectBlobs: true,
  auth: { scheme: 'bearer', users: { ci: 'p' } },
}

export function as(username: string, more: RegistryOptions = {}): RegistryOptions {
  return {
    settleMs: 1,
    chunkBytes: CHUNK,
    retry: { baseDelayMs: 5 },
    credentials: { get: async () => ({ username, password: 'p' }) },
    ...more,
  }
}
