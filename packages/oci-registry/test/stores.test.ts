import { type OpenStore, storeCases } from '../../oci/test/store-cases.ts'
import { httpFetch, type RegistryOptions, registry } from '../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from './fake-registry.ts'

storeCases('registry with the referrers API', () => inRegistry({}), 'api')
storeCases('registry with pages of one referrer', () => inRegistry({ pageSize: 1 }), 'api')
storeCases(
  'registry that lists config types, filters nothing and says no OCI-Subject',
  () => inRegistry({ listedType: 'config', filters: false, ociSubject: false, nullManifests: true }),
  'api',
)
storeCases('registry without the referrers API', () => inRegistry({ referrersApi: false }), 'tag')
storeCases(
  'registry that says OCI-Subject without the API and answers its path with a page',
  () => inRegistry({ referrersApi: false, ociSubject: true, withoutApi: 'web-page' }),
  'tag',
)
storeCases('registry by fallback tag only', () => inRegistry({}, { referrers: 'tag' }), 'tag')
storeCases(
  'registry with conditional requests',
  () => inRegistry({ referrersApi: false, conditional: true }),
  'tag',
)
storeCases('registry with sparse HEAD answers', () => inRegistry({ bareHead: true }), 'api')
storeCases('registry with its blobs elsewhere', () => inRegistry({ redirectBlobs: true }), 'api')
storeCases('registry through httpFetch', () => inRegistry({}, { fetch: httpFetch() }), 'api')
storeCases(
  'registry with chunks of a thousand bytes through httpFetch',
  () => inRegistry({ referrersApi: false }, { fetch: httpFetch(), chunkBytes: 1000 }),
  'tag',
)
storeCases(
  'registry with tokens',
  () =>
    inRegistry(
      { auth: { scheme: 'bearer', users: { u: 'p' } } },
      { credentials: { get: async () => ({ username: 'u', password: 'p' }) } },
    ),
  'api',
)

async function inRegistry(fake: FakeRegistryOptions, options: RegistryOptions = {}): Promise<OpenStore> {
  const server = await FakeRegistry.start(fake)
  const again = () =>
    registry(`${server.host}/team/app`, { settleMs: 5, retry: { baseDelayMs: 5 }, ...options })
  return { store: again(), again, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
