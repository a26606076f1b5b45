import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { makeImage, pullManifest, putIntoLayout } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { type Program, programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))

/** A layout with a signed image, made once. */
const signed = shared(async context => {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', '*', '--no-passphrase'])
  const layout = join(program.home, 'layout')
  const image = makeImage()
  await putIntoLayout(layout, image, 'v1')
  await program.expect(0, ['sign', `oci:${layout}:v1`])
  return { program, layout, image }
})

describe.for([
  ['with the referrers API', olareg],
  ['without the referrers API', distribution],
] as const)('a copy to a registry %s', { timeout }, ([, start]) => {
  test.for(['before', 'after'] as const)(
    'that is killed just %s any of its requests can be run again, and the tag never leads to less than all',
    async (when, context) => {
      const { program, layout, image } = await signed(context)
      const server = await start(context)
      let kills = 0
      for (let at = 1; ; at++) {
        const repository = `app-${crypto.randomUUID()}`
        let pid = 0
        await using proxy = await startCuttingProxy(server, {
          at,
          when,
          strike: () => process.kill(pid, 'SIGKILL'),
        })
        const { code } = await program.run(['copy', `oci:${layout}:v1`, `${proxy.host}/${repository}`], {
          onStart: started => {
            pid = started
          },
        })
        const reference = `${server.host}/${repository}:v1`
        if (code !== undefined) {
          expect(code).toBe(0)
          break
        }
        kills++
        const where = `killed ${when} ${proxy.requests.at(-1)}`
        const tagged = (await pullManifest(server.url, repository, 'v1')) !== undefined
        if (tagged) await program.expect(0, ['verify', reference])
        const again = await program.run(['copy', `oci:${layout}:v1`, `${server.host}/${repository}`])
        expect(again, `${where}: ${again.stderr}`).toMatchObject({ code: 0 })
        await expectWhole(program, reference)
        expect((await pullManifest(server.url, repository, 'v1'))?.digest).toBe(image.digest)
      }
      expect(kills).toBeGreaterThan(10)
    },
  )

  test.for(['before', 'after'] as const)(
    'goes on by itself when the connection is cut just %s any one of its requests',
    async (when, context) => {
      const { program, layout } = await signed(context)
      const server = await start(context)
      for (let at = 1; ; at++) {
        const repository = `app-${crypto.randomUUID()}`
        let cut = false
        await using proxy = await startCuttingProxy(server, {
          at,
          when,
          strike: () => {
            cut = true
          },
        })
        const result = await program.run(['copy', `oci:${layout}:v1`, `${proxy.host}/${repository}`])
        if (!cut) break
        const where = `cut ${when} ${proxy.requests[at - 1]}`
        expect(result, `${where}: ${result.stderr}`).toMatchObject({ code: 0 })
        await expectWhole(program, `${server.host}/${repository}:v1`)
      }
    },
  )
})

async function expectWhole(program: Program, reference: string): Promise<void> {
  await program.expect(0, ['verify', reference])
  const { document } = await program.json(['copy', '--dry-run', reference, 'oci:nowhere'])
  expect(document).toMatchObject({ left: [] })
}
