import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failure } from '../../../oci/test/expect-error.ts'
import { type Credential, dockerCredentials } from '../../src/index.ts'

const CANARY = 'canary-secret'
let folder: string
let configFile: string
const path = process.env.PATH

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-'))
  configFile = join(folder, 'config.json')
  process.env.PATH = `${folder}${delimiter}${path}`
})
afterAll(async () => {
  process.env.PATH = path
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => rm(configFile, { force: true }))

const get = (registry: string, repository = 'team/app'): Promise<Credential | undefined> =>
  dockerCredentials({ configFile, helperTimeoutMs: 5000 }).get({ registry, repository })
const configure = (config: unknown): Promise<void> => writeFile(configFile, JSON.stringify(config))
const auth = (user: string, password: string): string => Buffer.from(`${user}:${password}`).toString('base64')

async function helper(name: string, script: string): Promise<void> {
  const file = join(folder, `docker-credential-${name}`)
  await writeFile(file, `#!/bin/sh\n${script}\n`)
  await chmod(file, 0o755)
}

describe('auths', () => {
  test('give user and password, an identity token, or a registry token', async () => {
    await configure({
      auths: {
        'a.example': { auth: auth('u', 'p:with:colons') },
        'b.example:5000': { auth: auth('x', ''), identitytoken: 'id' },
        'c.example': { registrytoken: 'reg' },
        'd.example': { username: 'u', password: 'p' },
        'e.example': {},
      },
    })
    const source = configFile
    expect(await get('a.example')).toEqual({ username: 'u', password: 'p:with:colons', source })
    expect(await get('b.example:5000')).toEqual({ identityToken: 'id', source })
    expect(await get('c.example')).toEqual({ registryToken: 'reg', source })
    expect(await get('d.example')).toEqual({ username: 'u', password: 'p', source })
    expect(await get('e.example')).toBeUndefined()
    expect(await get('f.example')).toBeUndefined()
  })

  test('are for exactly the host that they name, with its port', async () => {
    await configure({
      auths: { 'a.example': { auth: auth('u', 'p') }, 'b.example:5000': { auth: auth('u', 'p') } },
    })
    for (const host of ['a.example:5000', 'b.example', 'xa.example', 'a.example.evil', 'example']) {
      expect(await get(host)).toBeUndefined()
    }
  })

  test('may be written as URLs', async () => {
    await configure({
      auths: {
        'https://a.example/v1/': { auth: auth('a', 'p') },
        'https://b.example': { auth: auth('b', 'p') },
      },
    })
    expect(await get('a.example')).toMatchObject({ username: 'a' })
    expect(await get('b.example')).toMatchObject({ username: 'b' })
  })

  test('may be for some repositories only, as podman has them', async () => {
    await configure({
      auths: {
        'a.example': { auth: auth('host', 'p') },
        'a.example/team': { auth: auth('team', 'p') },
        'a.example/team/app': { auth: auth('app', 'p') },
      },
    })
    expect(await get('a.example', 'team/app')).toMatchObject({ username: 'app' })
    expect(await get('a.example', 'team/app2')).toMatchObject({ username: 'team' })
    expect(await get('a.example', 'team2/app')).toMatchObject({ username: 'host' })
  })

  test('know Docker Hub by all of its names', async () => {
    for (const key of ['https://index.docker.io/v1/', 'docker.io', 'registry-1.docker.io']) {
      await configure({ auths: { [key]: { auth: auth('hub', 'p') } } })
      for (const host of ['docker.io', 'index.docker.io', 'registry-1.docker.io']) {
        expect(await get(host)).toMatchObject({ username: 'hub' })
      }
    }
  })

  test.each([
    ['"not base64!"', `{"auths":{"a.example":{"auth":"${CANARY}!"}}}`],
    ['no colon', `{"auths":{"a.example":{"auth":"${Buffer.from(CANARY).toString('base64')}"}}}`],
    ['no text', '{"auths":{"a.example":{"auth":7}}}'],
    ['no object', '{"auths":[]}'],
    ['no JSON', `{"auths":{"a.example":{"auth":"${CANARY}`],
    ['a host twice', '{"auths":{"a.example":{},"a.example":{}}}'],
  ])('that are %s are an error that names the file and no secret', async (_, text) => {
    await writeFile(configFile, text)
    const error = await failure('VALIDATION', () => get('a.example'))
    expect(error.message).toContain(configFile)
    const shown = JSON.stringify([error.message, error.why, error.cause])
    expect(shown).not.toContain(CANARY)
    expect(shown).not.toContain(Buffer.from(CANARY).toString('base64'))
  })

  test('that are not there mean that nobody is logged in', async () => {
    expect(await get('a.example')).toBeUndefined()
    expect(await dockerCredentials().get({ registry: 'a.example', repository: 'app' })).toBeUndefined()
  })
})

describe('credential helpers', () => {
  beforeEach(({ skip }) => skip(process.platform === 'win32', 'it needs a POSIX system'))

  test('are asked with the host on standard input, and no shell in between', async () => {
    await helper(
      'echo',
      `host=$(cat); printf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' "$host" "$1" "$host"`,
    )
    await configure({ credHelpers: { 'a.example': 'echo' }, credsStore: 'absent' })
    expect(await get('a.example')).toEqual({
      username: 'get',
      password: 'a.example',
      source: 'docker-credential-echo',
    })
  })

  test('for one host go before auths, and credsStore after', async () => {
    await helper('one', `printf '{"Username":"one","Secret":"s"}'`)
    await helper('store', `printf '{"Username":"store","Secret":"s"}'`)
    await configure({
      auths: {
        'a.example': { auth: auth('file', 'p') },
        'b.example': { auth: auth('file', 'p') },
        'c.example': {},
      },
      credHelpers: { 'a.example': 'one' },
      credsStore: 'store',
    })
    expect(await get('a.example')).toMatchObject({ username: 'one' })
    expect(await get('b.example')).toMatchObject({ username: 'file' })
    expect(await get('c.example')).toMatchObject({ username: 'store' })
    expect(await get('d.example')).toMatchObject({ username: 'store' })
  })

  test('may give an identity token, or nothing', async () => {
    await helper('token', `printf '{"Username":"<token>","Secret":"id"}'`)
    await helper('nothing', `echo 'credentials not found in native keychain'; exit 1`)
    await configure({ credHelpers: { 'a.example': 'token', 'b.example': 'nothing' } })
    expect(await get('a.example')).toEqual({ identityToken: 'id', source: 'docker-credential-token' })
    expect(await get('b.example')).toBeUndefined()
  })

  test('are asked for Docker Hub by the name that Docker uses', async () => {
    await helper('hub', `printf '{"Username":"u","Secret":"%s"}' "$(cat)"`)
    await configure({ credsStore: 'hub' })
    expect(await get('docker.io')).toMatchObject({ password: 'https://index.docker.io/v1/' })
  })

  test.each([
    ['is missing', undefined, 'no such program'],
    ['ends with an error', 'echo "the vault is locked"; exit 3', 'the vault is locked'],
    ['prints no JSON', `echo ${CANARY}`, 'not the JSON'],
    ['prints other JSON', `echo '{"token":"${CANARY}"}'`, 'no Username'],
    ['prints a secret and fails', `echo '{"Secret":"${CANARY}"}'; exit 1`, 'ended with 1'],
    ['prints for ever', 'yes', 'does not end'],
  ])('that %s is named, and no secret', async (_, script, why) => {
    if (script !== undefined) await helper('bad', script)
    else await rm(join(folder, 'docker-credential-bad'), { force: true })
    await configure({ credsStore: 'bad' })
    const error = await failure('UNAUTHENTICATED', () => get('a.example'))
    expect(error.message).toContain('docker-credential-bad')
    expect(error.why).toContain(why)
    expect(JSON.stringify([error.message, error.why, error.fix, error.cause])).not.toContain(CANARY)
  })

  test('that hangs is left, and so is one whose caller gives up', async () => {
    await helper('slow', 'exec sleep 60')
    await configure({ credsStore: 'slow' })
    const source = dockerCredentials({ configFile, helperTimeoutMs: 200 })
    const error = await failure('TIMEOUT', () => source.get({ registry: 'a.example', repository: 'app' }))
    expect(error.message).toContain('docker-credential-slow')
    const request = { registry: 'a.example', repository: 'app' }
    await failure('ABORTED', () => source.get(request, { signal: AbortSignal.abort() }))
    const signal = AbortSignal.timeout(50)
    await failure('TIMEOUT', () => dockerCredentials({ configFile }).get(request, { signal }))
  })

  test.each(['../evil', 'a b', 'x;id', '/bin/sh', ''])('cannot be called %j', async name => {
    await configure({ credHelpers: { 'a.example': name } })
    await failure('VALIDATION', () => get('a.example'))
  })
})

describe('the configuration', () => {
  test.each(['', '\n', ' \t\r\n '])('may be an empty file (%j): nobody is logged in', async text => {
    await writeFile(configFile, text)
    expect(await get('a.example')).toBeUndefined()
  })

  test('loses the line break that echo left at the end of a credential', async () => {
    await configure({
      auths: {
        'a.example': { auth: auth('u', 'p\n') },
        'b.example': { registrytoken: 'reg\n' },
        'c.example': { identitytoken: 'id\r\n' },
        'd.example': { username: 'u\n', password: 'p\n' },
        'e.example': { auth: `${auth('u', 'p')}\n` },
      },
    })
    expect(await get('a.example')).toMatchObject({ username: 'u', password: 'p' })
    expect(await get('b.example')).toMatchObject({ registryToken: 'reg' })
    expect(await get('c.example')).toMatchObject({ identityToken: 'id' })
    expect(await get('d.example')).toMatchObject({ username: 'u', password: 'p' })
    expect(await get('e.example')).toMatchObject({ username: 'u', password: 'p' })
  })
})

describe('a helper', () => {
  const SET = {
    SEALWRIGHT_PASSPHRASE: CANARY,
    SEALWRIGHT_PIN: CANARY,
    SEALWRIGHT_PASSWORD: CANARY,
    NOTATION_PASSWORD: CANARY,
    COSIGN_PASSWORD: CANARY,
    AWS_SECRET_ACCESS_KEY: CANARY,
    AZURE_CLIENT_SECRET: CANARY,
    GOOGLE_APPLICATION_CREDENTIALS: CANARY,
    VAULT_TOKEN: CANARY,
    PKCS11_PIN: CANARY,
    GITHUB_TOKEN: CANARY,
    DEPLOY_PASSWORD: CANARY,
    SOME_API_KEY: CANARY,
    MINE_TOKEN: CANARY,
    COLOUR: 'blue',
  }
  const seenBy = async (name: string): Promise<string[]> => {
    const seen = join(folder, `env-${name}`)
    await helper(name, `env > ${seen}; echo '{"Username":"u","Secret":"s"}'`)
    await configure({ credsStore: name })
    Object.assign(process.env, SET)
    try {
      expect(await get('a.example')).toMatchObject({ username: 'u' })
    } finally {
      for (const variable of Object.keys(SET)) delete process.env[variable]
    }
    const names = (await readFile(seen, 'utf8')).split('\n').map(line => line.split('=')[0]!)
    expect(names).toContain('PATH')
    return names.filter(variable => Object.hasOwn(SET, variable)).sort()
  }

  test.each([
    ['pass', []],
    ['desktop', []],
    ['ecr-login', ['AWS_SECRET_ACCESS_KEY']],
    ['gcr', ['GOOGLE_APPLICATION_CREDENTIALS']],
    ['gcloud', ['GOOGLE_APPLICATION_CREDENTIALS']],
    ['acr-env', ['AZURE_CLIENT_SECRET']],
    ['ghcr-login', ['GITHUB_TOKEN']],
    ['vault-login', ['VAULT_TOKEN']],
    ['mine', ['COLOUR', 'MINE_TOKEN']],
    ['other', ['COLOUR']],
  ])('named %s gets of what is set %j alone', async (name, passed) => {
    expect(await seenBy(name)).toEqual(passed)
  })

  test.each([
    ['credsStore', { credsStore: 'not-installed.exe' }],
    ['credHelpers', { credHelpers: { 'a.example': 'not-installed.exe' } }],
  ])('that is not there (%s) is named with a way out that does not run it', async (member, config) => {
    await configure(config)
    const error = await failure('UNAUTHENTICATED', () => get('a.example'))
    expect(error.why).toContain('no such program')
    expect(error.fix).toContain(`"${member}"`)
    expect(error.fix).toContain(configFile)
    expect(error.fix).toContain('DOCKER_CONFIG')
  })

  test.each([
    ['an empty entry', ''],
    ['a dot', '.'],
    ['a relative entry', 'bin'],
  ])('is never taken from the working directory, which %s of PATH names', async (_name, entry) => {
    const foreign = await mkdtemp(join(folder, 'foreign-'))
    const ran = join(foreign, 'ran')
    const script = `#!/bin/sh\ntouch ${ran}\necho '{"Username":"u","Secret":"s"}'\n`
    await mkdir(join(foreign, 'bin'))
    for (const place of ['.', 'bin'])
      await writeFile(join(foreign, place, 'docker-credential-planted'), script, { mode: 0o755 })
    await configure({ credsStore: 'planted' })
    const [before, directory] = [process.env.PATH, process.cwd()]
    process.env.PATH = `${entry}${delimiter}${before}`
    process.chdir(foreign)
    try {
      const error = await failure('UNAUTHENTICATED', () => get('a.example'))
      expect(error.why).toContain('no such program')
      await helper('planted', `echo '{"Username":"own","Secret":"s"}'`)
      expect(await get('a.example')).toMatchObject({ username: 'own' })
      await expect(access(ran)).rejects.toThrow()
    } finally {
      process.chdir(directory)
      process.env.PATH = before
      await rm(join(folder, 'docker-credential-planted'), { force: true })
    }
  })
})
