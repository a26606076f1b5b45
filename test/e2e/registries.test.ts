import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeImage, pullManifest, pushImage } from '../services/image.ts'
import { notationHome } from '../services/notation.ts'
import { orasProgram } from '../services/peers.ts'
import { BASIC_USER, startDistribution, startOlareg } from '../services/registries.ts'
import { run } from '../services/run.ts'
import { type Server, startServer } from '../services/server.ts'
import { shared } from '../services/shared.ts'
import { startTokenServer } from '../services/token-server.ts'
import { need, type Skips } from '../services/tool.ts'
import { type Program, programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))
const signer = shared(async context => {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', '*'])
  return program
})

const REGISTRIES: readonly (readonly [string, (context: Skips) => Promise<Server>, 'api' | 'tag'])[] = [
  ['with the referrers API', olareg, 'api'],
  ['without the referrers API', distribution, 'tag'],
]

describe.for(REGISTRIES)('in a registry %s', { timeout }, ([, start, referrers]) => {
  async function signed(context: Skips) {
    const program = await signer(context)
    const server = await start(context)
    const image = makeImage()
    const repository = `app-${crypto.randomUUID()}`
    await pushImage(server.url, repository, image, 'v1')
    const reference = `${server.host}/${repository}:v1`
    const first = await program.expect(0, ['sign', reference])
    return { program, server, image, repository, reference, first }
  }

  test('an image is signed and verified, and its tag and digest stay', async context => {
    const { program, server, image, repository, reference } = await signed(context)
    const { code, document } = await program.json(['verify', reference])
    expect(code).toBe(0)
    expect(document).toMatchObject({
      schema: 'sealwright.verify/1',
      exitCode: 0,
      targets: [{ verdict: 'verified', resolved: `${server.host}/${repository}@${image.digest}` }],
    })
    const quiet = await program.run(['verify', '-q', reference])
    expect(quiet.stdout).toBe(`${server.host}/${repository}@${image.digest}\n`)
    for (const name of ['v1', image.digest])
      expect((await pullManifest(server.url, repository, name))?.digest).toBe(image.digest)
  })

  test('it is unsigned before, which is exit 1', async context => {
    const program = await signer(context)
    const server = await start(context)
    await pushImage(server.url, 'unsigned', makeImage(), 'v1')
    const { code, document } = await program.json(['verify', `${server.host}/unsigned:v1`])
    expect(code).toBe(1)
    expect(document).toMatchObject({ exitCode: 1, targets: [{ verdict: 'notVerified' }] })
  })

  test('signing again changes nothing', async context => {
    const { program, server, image, repository, reference } = await signed(context)
    const before = await referrersOf(server, repository, image.digest)
    await program.expect(0, ['sign', reference])
    expect(await referrersOf(server, repository, image.digest)).toEqual(before)
    expect(before).toHaveLength(1)
  })

  test('several signatures are each found, listed and verified', async context => {
    const { program, server, image, repository, reference } = await signed(context)
    await program.expect(0, ['sign', '--format', 'cose', '--again', reference])
    await program.expect(0, ['sign', '--again', '-m', 'stage=qa', reference])
    expect(await referrersOf(server, repository, image.digest)).toHaveLength(3)
    const { document } = await program.json(['verify', '--all', reference])
    const formats = (document as VerifyDocument).targets[0]!.signatures.map(({ format, verdict }) => [
      format,
      verdict,
    ])
    expect(formats.toSorted()).toEqual([
      ['cose', 'verified'],
      ['jws', 'verified'],
      ['jws', 'verified'],
    ])
    const listed = await program.run(['list', reference])
    for (const { digest } of await referrersOf(server, repository, image.digest))
      expect(listed.stdout).toContain(digest)
    expect((await program.run(['inspect', reference])).stdout).toContain('stage')
    const narrowed = await program.json(['verify', '-m', 'stage=qa', reference])
    expect(narrowed.code).toBe(0)
    expect((await program.run(['verify', '-m', 'stage=production', reference])).code).not.toBe(0)
  })

  test('oras finds the signature', async context => {
    const oras = need(context, await orasProgram())
    const { server, image, repository, program } = await signed(context)
    const env = { ...process.env, DOCKER_CONFIG: program.docker }
    const target = `${server.host}/${repository}@${image.digest}`
    const discovered = await run(oras, ['discover', '--plain-http', '--format', 'json', target], { env })
    expect(discovered).toMatchObject({ code: 0 })
    const { referrers: found } = JSON.parse(discovered.stdout) as {
      referrers: readonly { artifactType: string }[]
    }
    expect(found.map(({ artifactType }) => artifactType)).toEqual(['application/vnd.cncf.notary.signature'])
  })

  test('notation verifies it with the trust that init set up', async context => {
    const { program, server, image, repository } = await signed(context)
    const notation = await notationHome(context, { config: program.trust })
    expect(await notation.run(['verify', `${server.host}/${repository}@${image.digest}`])).toMatchObject({
      code: 0,
    })
  })

  test('the result says how the signature can be found', async context => {
    const { first } = await signed(context)
    expect(first.stdout).toContain(referrers === 'api' ? 'referrers API' : 'tag')
  })
})

interface VerifyDocument {
  readonly targets: readonly {
    readonly verdict: string
    readonly signatures: readonly { readonly format: string; readonly verdict: string }[]
  }[]
}

/** By the API, else by the tag that clients maintain. */
async function referrersOf(
  server: Server,
  repository: string,
  digest: string,
): Promise<readonly { readonly digest: string }[]> {
  const answer = await fetch(`${server.url}/v2/${repository}/referrers/${digest}`)
  if (answer.ok) return ((await answer.json()) as { manifests: { digest: string }[] }).manifests
  await answer.arrayBuffer()
  const tagged = await pullManifest(server.url, repository, digest.replace(':', '-'))
  return tagged ? JSON.parse(Buffer.from(tagged.bytes).toString()).manifests : []
}

describe('behind a login', { timeout }, () => {
  async function logIn(program: Program, host: string, password: string): Promise<void> {
    const auth = Buffer.from(`${BASIC_USER.username}:${password}`).toString('base64')
    await writeFile(join(program.docker, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
  }

  const authorization = `Basic ${Buffer.from(Object.values(BASIC_USER).join(':')).toString('base64')}`

  test("a password of Docker's configuration opens the registry, and a wrong one is exit 5", async context => {
    const program = await signer(context)
    await using server = await startDistribution(context, 'basic')
    await pushImage(server.url, 'app', makeImage(), 'v1', { authorization })
    const reference = `${server.host}/app:v1`
    await rm(join(program.docker, 'config.json'), { force: true })
    await program.expect(5, ['sign', reference])
    await logIn(program, server.host, 'wrong-password')
    const refused = await program.expect(5, ['sign', '--debug', reference])
    expect(refused.stderr).not.toContain('wrong-password')
    await logIn(program, server.host, BASIC_USER.password)
    await program.expect(0, ['sign', reference])
    await program.expect(0, ['verify', reference])
  })

  test('a token server opens the registry, and is asked for no more than is needed', async context => {
    const program = await signer(context)
    await using tokens = await startTokenServer()
    await using server = await startDistribution(context, tokens)
    const scope = 'repository:app:pull,push'
    const granted = await fetch(`${tokens.realm}?service=${tokens.service}&scope=${scope}`, {
      headers: { authorization },
    })
    const { token } = (await granted.json()) as { token: string }
    await pushImage(server.url, 'app', makeImage(), 'v1', { authorization: `Bearer ${token}` })
    await logIn(program, server.host, BASIC_USER.password)
    const reference = `${server.host}/app:v1`
    await program.expect(0, ['sign', reference])
    const before = tokens.scopes.length
    await program.expect(0, ['verify', reference])
    expect(new Set(tokens.scopes.slice(before))).toEqual(new Set(['repository:app:pull']))
  })
})

test('a registry that is not there is exit 3', { timeout }, async context => {
  const program = await signer(context)
  const server = await startServer({
    name: 'gone',
    command: process.execPath,
    ready: '/',
    args: port => ['-e', `require('http').createServer((q, r) => r.end()).listen(${port}, '127.0.0.1')`],
  })
  await server[Symbol.asyncDispose]()
  await program.expect(3, ['verify', `${server.host}/app:v1`])
  await program.expect(3, ['sign', `${server.host}/app:v1`])
})
