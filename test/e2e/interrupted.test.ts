import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { makeImage, pullManifest, pushImage, putIntoLayout } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { type Program, programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries
const KILL_AT = new URL('kill-at.ts', import.meta.url).href

/** A key in clear text: opening an encrypted one is slow on purpose, and there are many runs here. */
const INIT = ['init', 'me', '--scope', '*', '--no-passphrase']

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))
const signer = shared(async context => {
  const program = await programHome(context)
  await program.expect(0, INIT)
  return program
})

/** A run that is killed before the change number `at` to the file system; `false` once there are not so many. */
async function killedAt(program: Program, at: number, args: readonly string[]): Promise<boolean> {
  const { code } = await program.run(args, {
    nodeArgs: ['--import', KILL_AT],
    env: { SEALWRIGHT_TEST_KILL_AT: String(at) },
  })
  if (code !== undefined) expect(code).toBe(0)
  return code === undefined
}

test('init killed before any of its changes can be run again, and what it left is trusted by nobody', {
  timeout,
}, async context => {
  const stranger = await signer(context)
  const theirs = join(stranger.home, 'theirs')
  await putIntoLayout(theirs, makeImage(), 'v1')
  await stranger.expect(0, ['sign', `oci:${theirs}:v1`])
  let kills = 0
  for (let at = 1; ; at++) {
    const program = await programHome(context)
    if (!(await killedAt(program, at, INIT))) break
    kills++
    expect((await program.run(['verify', `oci:${theirs}:v1`])).code, `killed at ${at}`).not.toBe(0)
    const again = await program.run(INIT)
    expect(again, `killed at ${at}: ${again.stderr}`).toMatchObject({ code: 0 })
    const layout = join(program.home, 'layout')
    await putIntoLayout(layout, makeImage(), 'v1')
    await program.expect(0, ['sign', `oci:${layout}:v1`])
    await program.expect(0, ['verify', `oci:${layout}:v1`])
  }
  expect(kills).toBeGreaterThan(5)
})

test('sign killed before any of its changes to a layout can be run again', { timeout }, async context => {
  const program = await signer(context)
  const fresh = join(program.home, 'fresh')
  await putIntoLayout(fresh, makeImage(), 'v1')
  let kills = 0
  for (let at = 1; ; at++) {
    const layout = join(program.home, `layout-${at}`)
    await cp(fresh, layout, { recursive: true })
    if (!(await killedAt(program, at, ['sign', `oci:${layout}:v1`]))) break
    kills++
    const between = await program.run(['verify', `oci:${layout}:v1`])
    expect([0, 1], `killed at ${at}: ${between.stderr}`).toContain(between.code)
    const again = await program.run(['sign', `oci:${layout}:v1`])
    expect(again, `killed at ${at}: ${again.stderr}`).toMatchObject({ code: 0 })
    await program.expect(0, ['verify', `oci:${layout}:v1`])
  }
  expect(kills).toBeGreaterThan(3)
})

describe.for([
  ['with the referrers API', olareg],
  ['without the referrers API', distribution],
] as const)('in a registry %s', { timeout }, ([, start]) => {
  test.for(['before', 'after'] as const)(
    'sign killed just %s any of its requests can be run again',
    async (when, context) => {
      const program = await signer(context)
      const server = await start(context)
      let kills = 0
      for (let at = 1; ; at++) {
        const repository = `app-${crypto.randomUUID()}`
        const image = makeImage()
        await pushImage(server.url, repository, image, 'v1')
        const reference = `${server.host}/${repository}:v1`
        let pid = 0
        await using proxy = await startCuttingProxy(server, {
          at,
          when,
          strike: () => process.kill(pid, 'SIGKILL'),
        })
        const { code } = await program.run(['sign', `${proxy.host}/${repository}:v1`], {
          onStart: started => {
            pid = started
          },
        })
        if (code !== undefined) {
          expect(code).toBe(0)
          break
        }
        kills++
        const where = `killed ${when} ${proxy.requests.at(-1)}`
        const between = await program.run(['verify', reference])
        expect([0, 1], `${where}: ${between.stderr}`).toContain(between.code)
        const again = await program.run(['sign', reference])
        expect(again, `${where}: ${again.stderr}`).toMatchObject({ code: 0 })
        await program.expect(0, ['verify', reference])
        expect((await pullManifest(server.url, repository, 'v1'))?.digest).toBe(image.digest)
      }
      expect(kills).toBeGreaterThan(5)
    },
  )
})
