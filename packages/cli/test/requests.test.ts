import { expect, it, onTestFinished } from 'vitest'
import { FakeRegistry } from '../../oci-registry/test/fake-registry.ts'
import { makeLayout } from './image.ts'
import { program } from './program.ts'
import { registryWith } from './registry-with.ts'

it.each([
  ['with the referrers API', true, 10],
  ['without it', false, 14],
])(
  'sign in a registry %s takes few requests, and reads back what it pushed',
  async (_, referrersApi, most) => {
    const self = await program()
    const { json } = self
    const { fake, reference } = await registryWith(self, { referrersApi })
    await json(0, ['init', 'me', '--scope', 'registry.example/app'])
    const { targets } = await json(0, ['sign', reference])
    expect(shown(fake)).toHaveLength(most)
    expect(shown(fake).slice(-2)).toEqual([
      `GET /v2/app/manifests/${targets[0].signature.digest}`,
      expect.stringMatching(/^GET \/v2\/app\/blobs\/sha256:/),
    ])
  },
)

it.each([true, false])('copy of a small image takes few requests (referrers API: %s)', async referrersApi => {
  const { json, path } = await program()
  const fake = await FakeRegistry.start({ referrersApi })
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const { digest } = await makeLayout(path('image'), 'v1')
  await json(0, ['copy', 'oci:image:v1', `${fake.host}/app`])
  expect(shown(fake)).toHaveLength(8)
  expect(shown(fake).at(-1)).toBe('PUT /v2/app/manifests/v1')
  expect(fake.repository('app').tags.get('v1')).toBe(digest)
  await json(0, ['copy', 'oci:image:v1', `${fake.host}/app:v2`])
  expect(fake.repository('app').tags.get('v2')).toBe(digest)
})

it('copy of a signed image downloads nothing that it uploaded, and its tag comes last', async () => {
  const { json, path } = await program()
  const fake = await FakeRegistry.start()
  onTestFinished(() => fake[Symbol.asyncDispose]())
  await makeLayout(path('image'), 'v1')
  await json(0, ['init', 'me', '--scope', 'registry.example/app'])
  await json(0, ['sign', 'oci:image:v1'])
  await json(0, ['copy', 'oci:image:v1', `${fake.host}/app`])
  expect(shown(fake).filter(each => /^GET .*\/(?:manifests|blobs)\//.test(each))).toEqual([])
  expect(shown(fake).at(-1)).toBe('PUT /v2/app/manifests/v1')
  expect(shown(fake)).toHaveLength(19)
})

function shown({ requests }: FakeRegistry): readonly string[] {
  return requests.map(({ method, path }) => `${method} ${path}`)
}
