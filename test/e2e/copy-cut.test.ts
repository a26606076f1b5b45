import { join } from 'node:path'
import { type ArtifactStore, copyGraph, layoutDirectory, walkGraph } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { describe, expect, test } from 'vitest'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { makeImage, putIntoLayout } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))

/** A layout with a signed image, made once. */
const signed = shared(async context => {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', '*', '--no-passphrase'])
  const layout = join(program.home, 'layout')
  await putIntoLayout(layout, makeImage(), 'v1')
  await program.expect(0, ['sign', `oci:${layout}:v1`])
  return { program, layout, expected: await graphOf(layoutDirectory(layout)) }
})

/** Every digest of what is tagged v1; nothing if nothing is. */
async function graphOf(store: ArtifactStore): Promise<readonly string[]> {
  const root = await store.resolve('v1').catch(() => undefined)
  const found: string[] = []
  if (root === undefined) return found
  for await (const { role, descriptor, fault } of walkGraph(store, root)) {
    expect(fault).toBeUndefined()
    found.push(`${role} ${descriptor.digest}`)
  }
  return found.sort()
}

describe.for([
  ['with the referrers API', olareg],
  ['without the referrers API', distribution],
] as const)('a copy to a registry %s', { timeout }, ([, start]) => {
  test.for(['before', 'after'] as const)(
    'that is killed just %s any of its requests can be run again, and the tag never leads to less than all',
    async (when, context) => {
      const { program, layout, expected } = await signed(context)
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
        if (code !== undefined) {
          expect(code).toBe(0)
          await program.expect(0, ['verify', `${server.host}/${repository}:v1`])
          break
        }
        kills++
        const where = `killed ${when} ${proxy.requests.at(-1)}`
        const store = registry(`${server.host}/${repository}`)
        const between = await graphOf(store)
        expect([[], expected], where).toContainEqual(between)
        expect((await copyGraph(layoutDirectory(layout), 'v1', store)).left, where).toEqual([])
        expect(await graphOf(store), where).toEqual(expected)
      }
      expect(kills).toBeGreaterThan(10)
    },
  )

  test.for(['before', 'after'] as const)(
    'goes on by itself when the connection is cut just %s any one of its requests',
    async (when, context) => {
      const { layout, expected } = await signed(context)
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
        const { left } = await copyGraph(
          layoutDirectory(layout),
          'v1',
          registry(`${proxy.host}/${repository}`),
        )
        const where = `cut ${when} ${proxy.requests[at - 1]}`
        expect(left, where).toEqual([])
        expect(await graphOf(registry(`${server.host}/${repository}`)), where).toEqual(expected)
        if (!cut) break
      }
    },
  )
})
