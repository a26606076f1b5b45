// Run as a program, `resolve-through.ts REPOSITORY TAG [CA]`: prints the digest of the tag, reached as the environment
// says of proxies; without CA over plain http.
import { readFile } from 'node:fs/promises'
import { httpFetch, registry } from '@sealwright/oci-registry'

const [repository = '', tag = '', caPath] = process.argv.slice(2)
const ca = caPath === undefined ? undefined : await readFile(caPath, 'utf8')
const store = registry(repository, {
  plainHttp: ca === undefined,
  retry: { attempts: 1 },
  fetch: httpFetch({ proxyEnv: process.env, ...(ca === undefined ? {} : { tls: () => ({ ca }) }) }),
})
const { digest } = await store.resolve(tag)
console.log(digest)
