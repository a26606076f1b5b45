import { readFile } from 'node:fs/promises'
import { registry } from '@sealwright/oci-registry'
import { expect, test } from 'vitest'
import { program } from '../../packages/cli/test/program.ts'
import { makeImage } from '../services/image.ts'
import { craneProgram, orasProgram } from '../services/peers.ts'
import { BASIC_USER, startDistribution } from '../services/registries.ts'
import { run } from '../services/run.ts'
import { startTokenServer } from '../services/token-server.ts'
import { need } from '../services/tool.ts'

const timeout = 900_000
const { username, password } = BASIC_USER

test.for(['a password', 'a token server'])(
  'a login to a registry behind %s serves oras and crane, and theirs serve us',
  { timeout },
  async (behind, context) => {
    const oras = need(context, await orasProgram())
    const crane = need(context, await craneProgram())
    const tokens = await startTokenServer()
    await using _tokens = tokens
    await using server = await startDistribution(context, behind === 'a password' ? 'basic' : tokens)
    const { host } = server
    const image = makeImage()
    const store = registry(`${host}/app`, { credentials: { get: async () => BASIC_USER } })
    for (const [digest, bytes] of image.blobs) {
      if (digest !== image.digest)
        await store.push({ mediaType: 'x/y', digest, size: bytes.byteLength }, bytes)
    }
    const { mediaType, digest, size } = image
    await store.push({ mediaType, digest, size }, image.blobs.get(digest)!)
    await store.tag({ mediaType, digest, size }, 'v1')

    const self = await program()
    const env = { ...process.env, DOCKER_CONFIG: self.path('docker') }
    const resolve = async () => ({
      oras: (await run(oras, ['resolve', '--plain-http', `${host}/app:v1`], { env })).stdout.trim(),
      crane: (await run(crane, ['digest', '--insecure', `${host}/app:v1`], { env })).stdout.trim(),
      ours: (await self.run(['list', '-q', `${host}/app:v1`])).code,
    })
    expect(await resolve()).toEqual({ oras: '', crane: '', ours: 5 })
    await self.json(5, ['login', host, '--username', username, '--password-stdin'], { stdin: 'wrong' })
    const kept = await self.json(0, ['login', host, '--username', username, '--password-stdin'], {
      stdin: password,
    })
    expect(kept).toMatchObject({ checked: true, changed: true })
    expect(await resolve()).toEqual({ oras: digest, crane: digest, ours: 0 })
    await self.json(0, ['logout', host])
    expect(await resolve()).toEqual({ oras: '', crane: '', ours: 5 })

    const login = ['login', '--plain-http', host, '--username', username, '--password-stdin']
    expect(await run(oras, login, { env, input: password })).toMatchObject({ code: 0 })
    expect(await resolve()).toEqual({ oras: digest, crane: digest, ours: 0 })
    const again = await self.json(0, ['login', host, '--username', username, '--password-stdin'], {
      stdin: password,
    })
    expect(again).toMatchObject({ changed: false })
    await self.json(0, ['logout', host])
    expect(await readFile(self.path('docker', 'config.json'), 'utf8')).not.toContain('auth"')
    expect(await resolve()).toEqual({ oras: '', crane: '', ours: 5 })
  },
)
