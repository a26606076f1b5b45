import { type ArtifactStore, copyGraph, memory, referrersTag } from '@sealwright/oci'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  INDEX,
  MANIFEST,
  type Made,
  made,
  madeImage,
  madeJson,
  madeSignature,
  pushImage,
} from '../../oci/test/artifacts.ts'
import { failure } from '../../oci/test/expect-error.ts'
import { registry } from '../src/index.ts'
import { FakeRegistry, type FakeRegistryOptions } from './fake-registry.ts'

const CACHE = 'application/vnd.buildkit.cacheconfig.v0'

/** A registry that answers a push of a manifest with this error, whatever it is. */
async function refusing(error: object | undefined, status = 400, options: FakeRegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const body = JSON.stringify({ errors: [error] })
  if (error !== undefined) fake.faults.push({ method: 'PUT', path: '/manifests/', answer: { status, body } })
  return { fake, store: registry(`${fake.host}/app`, { settleMs: 0 }) }
}

const push = (store: ArtifactStore, { descriptor, bytes }: Made) => store.push(descriptor, bytes)

const image = madeImage().image
const cache = made(CACHE, '{}')
const index = madeJson(INDEX, { manifests: [image.descriptor, cache.descriptor] })
const missing = (detail: unknown) => ({
  code: 'MANIFEST_BLOB_UNKNOWN',
  message: 'blob unknown to registry',
  detail,
})

describe('a registry that misses what a manifest names', () => {
  it.each([
    ['as text', missing(cache.descriptor.digest)],
    ['in an object', missing({ Digest: cache.descriptor.digest, of: index.descriptor.digest })],
    ['in its message', { code: 'MANIFEST_UNKNOWN', message: `no "${cache.descriptor.digest}" here` }],
  ])(
    'and says so %s: a blob in an index is named with its type, and the fix is another place',
    async (_, error) => {
      const { store } = await refusing(error)
      const { why, fix, message } = await failure('VALIDATION', () => push(store, index))
      expect(message).toContain('the push to app (400')
      expect(why).toBe(
        `the index lists ${cache.descriptor.digest}, a blob (${CACHE}), where this registry takes manifests alone`,
      )
      expect(fix).toContain('layout')
    },
  )

  it('and does not say what: of an index it is what is not a manifest, else one of so many', async () => {
    const { store } = await refusing(missing(undefined))
    const { why } = await failure('VALIDATION', () => push(store, index))
    expect(why).toContain(`it does not say what it misses, and the index lists ${cache.descriptor.digest}`)
    const other = await failure('VALIDATION', () => push(store, image))
    expect(other.why).toBe('it does not say which of the 2 contents it misses')
    expect(other.fix).toContain('push that first')
  })

  it('a manifest of an index, a layer, and what is referred to are told apart; an answer 404 is NOT_FOUND', async () => {
    const whys: [Made, string, string][] = [
      [index, image.descriptor.digest, 'it has no manifest DIGEST, which the index lists'],
      [
        image,
        JSON.parse(image.bytes.toString()).layers[0].digest,
        'it has no blob DIGEST (application/vnd.oci.image',
      ],
      [
        madeSignature(image.descriptor).image,
        image.descriptor.digest,
        'it has no manifest DIGEST, to which this',
      ],
      [image, `sha256:${'0'.repeat(64)}`, 'it has no DIGEST'],
    ]
    for (const [pushed, digest, expected] of whys) {
      const { store } = await refusing({ code: 'MANIFEST_UNKNOWN', message: '', detail: { digest } }, 404)
      const { why, fix } = await failure('NOT_FOUND', () => push(store, pushed))
      expect(why).toContain(expected.replace('DIGEST', digest))
      expect(fix).toContain('push that first')
    }
  })

  it('names three, and says that there are more', async () => {
    const digests = Array.from({ length: 5 }, (_, number) => `sha256:${String(number).repeat(64)}`)
    const { store } = await refusing(missing(digests))
    const { why } = await failure('VALIDATION', () => push(store, image))
    expect(why).toContain(`${digests[2]}; and 2 more`)
    expect(why).not.toContain(digests[3])
  })

  it('in a copy is said of what it refused, and names it', async () => {
    const { fake, store } = await refusing(undefined)
    const source = memory()
    await source.push(cache.descriptor, cache.bytes)
    const single = await pushImage(source, madeImage())
    const whole = madeJson(INDEX, { manifests: [single, cache.descriptor] })
    await push(source, whole)
    await source.tag(whole.descriptor, 'v1')
    const body = JSON.stringify({ errors: [missing(cache.descriptor.digest)] })
    fake.faults.push({ method: 'PUT', path: '/manifests/v1', answer: { status: 400, body } })
    const { why } = await failure('VALIDATION', () => copyGraph(source, 'v1', store))
    expect(why).toContain(`${cache.descriptor.digest}, a blob (${CACHE})`)
    expect(fake.repository('app').tags.size).toBe(0)
  })

  it('in the list of referrers is mended by doctor, and the signature has its own tag already', async () => {
    const { fake, store } = await refusing(undefined, 400, { referrersApi: false })
    const { digest } = await pushImage(store, madeImage(), 'v1')
    const tag = referrersTag(digest)
    const gone = `sha256:${'0'.repeat(64)}`
    const body = JSON.stringify({ errors: [missing(gone)] })
    const list = madeJson(INDEX, { manifests: [{ mediaType: MANIFEST, digest: gone, size: 3 }] })
    const { manifests, tags } = fake.repository('app')
    manifests.set(list.descriptor.digest, { mediaType: INDEX, bytes: Buffer.from(list.bytes) })
    tags.set(tag, list.descriptor.digest)
    fake.faults.push({ method: 'PUT', path: new RegExp(`${tag}$`), answer: { status: 400, body } })
    const subject = await store.resolve('v1')
    const { why, fix, remedy } = await failure('VALIDATION', () => pushImage(store, madeSignature(subject)))
    expect(why).toBe(`it has no manifest ${gone}, which the index lists`)
    expect(fix).toBe('repair the fallback index, which lists deleted manifests')
    expect(remedy).toEqual({ step: 'repairFallbackIndex', artifact: `${fake.host}/app@${digest}` })
    expect([...tags.keys()].some(each => each.startsWith(`${tag}.`))).toBe(true)
  })

  it('is quoted as it is where the error is another', async () => {
    const { store } = await refusing({
      code: 'MANIFEST_INVALID',
      message: 'no',
      detail: image.descriptor.digest,
    })
    const error = await failure('VALIDATION', () => push(store, index))
    expect(error.why).toContain('does not take this kind of manifest')
    expect(error.message).toContain('from the registry: "manifest_invalid: no"')
  })
})
