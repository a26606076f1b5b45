import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

type Registry = Awaited<ReturnType<typeof registryWith>>

/** Requests as `METHOD path`. */
function requests({ fake }: Registry): string[] {
  return fake.requests.map(({ method, path }) => `${method} ${path}`)
}

async function vendor(options: { readonly referrersApi: boolean }) {
  const self = await program()
  const shelf = await registryWith(self, options)
  await self.expect(0, ['init', 'vendor', '--scope', `${shelf.fake.host}/app`])
  shelf.fake.requests.length = 0
  return { self, shelf }
}

describe('a registry is sent few requests', () => {
  it.each([
    ['with the referrers API', true, 10],
    ['without it', false, 14],
  ])('%s: sign, which reads back what it pushed', async (_, referrersApi, most) => {
    const { self, shelf } = await vendor({ referrersApi })
    const { targets } = await self.json(0, ['sign', '-k', 'vendor', shelf.reference])
    const sent = requests(shelf)
    expect(sent.length, sent.join('\n')).toBeLessThanOrEqual(most)
    const { digest } = targets[0].signature
    const pushed = sent.findIndex(request => request.startsWith('PUT /v2/app/manifests/'))
    expect(sent.slice(pushed)).toEqual(
      expect.arrayContaining([
        `GET /v2/app/manifests/${digest}`,
        expect.stringMatching(/^GET \/v2\/app\/blobs\/sha256:/),
      ]),
    )
  })

  it('copy of a small image', async () => {
    const { self, shelf } = await vendor({ referrersApi: true })
    await self.expect(0, ['copy', 'oci:source:v1', `${shelf.fake.host}/other:v1`])
    const sent = requests(shelf)
    expect(sent.length, sent.join('\n')).toBeLessThanOrEqual(8)
    // What was just uploaded is not downloaded to be tagged.
    expect(sent.filter(request => request.startsWith('GET /v2/other/manifests/sha256:'))).toEqual([])
  })
})
