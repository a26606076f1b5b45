import { chmod, lstat, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { failure } from '../../../oci/test/expect-error.ts'
import { checkLogin, dockerCredentials, forgetDockerLogin, keepDockerLogin } from '../../src/index.ts'
import { FakeRegistry } from '../fake-registry.ts'

const CANARY = 'canary-secret'
const LOGIN = { username: 'ci', password: CANARY }
let folder: string
let configFile: string
const path = process.env.PATH

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'docker-login-'))
  process.env.PATH = `${folder}${delimiter}${path}`
})
afterAll(async () => {
  process.env.PATH = path
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  const home = await mkdtemp(join(folder, 'home-'))
  configFile = join(home, '.docker', 'config.json')
})

const keep = (registry: string, login = LOGIN) => keepDockerLogin(registry, login, { configFile })
const forget = (registry: string) => forgetDockerLogin(registry, { configFile })
const get = (registry: string) => dockerCredentials({ configFile }).get({ registry, repository: 'app' })
const read = async () => JSON.parse(await readFile(configFile, 'utf8'))

async function configure(config: unknown): Promise<void> {
  await mkdir(join(configFile, '..'), { recursive: true })
  await writeFile(configFile, JSON.stringify(config))
}

/** A helper that keeps one file for each server, as a program of its own. */
async function helper(name: string): Promise<string> {
  const kept = join(folder, `kept-${name}`)
  await mkdir(kept, { recursive: true })
  const file = join(folder, `docker-credential-${name}`)
  const script = `
const { readFileSync, writeFileSync, rmSync } = require('node:fs')
const input = readFileSync(0, 'utf8')
const at = server => ${JSON.stringify(kept)} + '/' + encodeURIComponent(server)
const none = () => { console.log('credentials not found in native keychain'); process.exit(1) }
if (process.argv[2] === 'store') writeFileSync(at(JSON.parse(input).ServerURL), input)
else try {
  const found = readFileSync(at(input), 'utf8')
  if (process.argv[2] === 'get') console.log(found)
  else rmSync(at(input))
} catch { none() }`
  await writeFile(file, `#!${process.execPath}\n${script}\n`)
  await chmod(file, 0o755)
  return kept
}

describe('a login', () => {
  test('is kept in the file of docker, which only its owner can read, and found again', async () => {
    expect(await keep('a.example:5000')).toEqual({ place: configFile, helper: false, changed: true })
    expect((await stat(configFile)).mode & 0o777).toBe(0o600)
    expect((await stat(join(configFile, '..'))).mode & 0o777).toBe(0o700)
    expect(await read()).toEqual({
      auths: { 'a.example:5000': { auth: Buffer.from(`ci:${CANARY}`).toString('base64') } },
    })
    expect(await get('a.example:5000')).toMatchObject(LOGIN)
    expect(await keep('a.example:5000')).toMatchObject({ changed: false })
    expect(await keep('a.example:5000', { username: 'ci', password: 'new' })).toMatchObject({ changed: true })
    expect(await get('a.example:5000')).toMatchObject({ password: 'new' })
  })

  test('leaves all else in the file as it is, and a link a link', async () => {
    const other = { auths: { 'b.example': { auth: 'eDp5' } }, HttpHeaders: { a: 'b' }, psFormat: 'x' }
    await configure(other)
    const real = join(configFile, '..', 'real.json')
    await writeFile(real, await readFile(configFile))
    await rm(configFile)
    await symlink(real, configFile)
    await keep('a.example')
    expect(await read()).toEqual({ ...other, auths: { ...other.auths, 'a.example': expect.anything() } })
    expect((await lstat(configFile)).isSymbolicLink()).toBe(true)
    expect(await forget('a.example')).toEqual([configFile])
    expect(await read()).toEqual(other)
    expect(await forget('a.example')).toEqual([])
  })

  test('replaces whatever name it was kept under before, also that of Docker Hub', async () => {
    await configure({
      auths: { 'https://a.example/v1/': { auth: 'eDp5' }, 'registry-1.docker.io': { auth: 'eDp5' } },
    })
    await keep('a.example')
    await keep('docker.io')
    expect(Object.keys((await read()).auths)).toEqual(['a.example', 'https://index.docker.io/v1/'])
    expect(await get('registry-1.docker.io')).toMatchObject(LOGIN)
    expect(await forget('index.docker.io')).toEqual([configFile])
    expect(await get('docker.io')).toBeUndefined()
  })

  test.each(['credsStore', 'credHelpers'])(
    'goes to the helper that %s names, and to no file',
    async member => {
      const name = `keeper-${member.toLowerCase()}`
      const kept = await helper(name)
      await configure(
        member === 'credsStore'
          ? { credsStore: name, auths: { 'a.example': { auth: 'eDp5' } } }
          : { credHelpers: { 'a.example': name } },
      )
      const place = `docker-credential-${name}`
      expect(await keep('a.example')).toEqual({ place, helper: true, changed: true })
      expect(await readFile(configFile, 'utf8')).not.toContain('auth"')
      expect(await read()).toMatchObject({ auths: { 'a.example': {} } })
      expect(JSON.parse(await readFile(join(kept, 'a.example'), 'utf8'))).toEqual({
        ServerURL: 'a.example',
        Username: 'ci',
        Secret: CANARY,
      })
      expect(await get('a.example')).toMatchObject(LOGIN)
      expect(await keep('a.example')).toMatchObject({ changed: false })
      expect(await forget('a.example')).toEqual([place])
      expect(await get('a.example')).toBeUndefined()
      expect(await forget('a.example')).toEqual([])
    },
  )

  test('is lost by none of many that are kept at once', async () => {
    const hosts = Array.from({ length: 12 }, (_, index) => `r${index}.example`)
    await Promise.all(hosts.map(host => keep(host)))
    expect(Object.keys((await read()).auths).sort()).toEqual(hosts.sort())
  })

  test('is not kept in a file that is damaged, nor by a helper that fails, and no message has it', async () => {
    await mkdir(join(configFile, '..'), { recursive: true })
    await writeFile(configFile, '{"auths":{},"auths":{}}')
    const error = await failure('VALIDATION', () => keep('a.example'))
    expect(error.message).toContain(configFile)
    expect(await readFile(configFile, 'utf8')).toBe('{"auths":{},"auths":{}}')
    await writeFile(join(folder, 'docker-credential-broken'), '#!/bin/sh\ncat\nexit 1\n')
    await chmod(join(folder, 'docker-credential-broken'), 0o755)
    await configure({ credsStore: 'broken' })
    const failed = await failure('UNAUTHENTICATED', () => keep('a.example'))
    expect(`${failed.message}${failed.why}${failed.fix}`).not.toContain(CANARY)
  })
})

describe('checkLogin', () => {
  test.each(['basic', 'bearer'] as const)('asks the registry whether it knows a login (%s)', async scheme => {
    await using fake = await FakeRegistry.start({ auth: { scheme, users: { ci: CANARY } } })
    expect(await checkLogin(fake.host, LOGIN)).toBe(true)
    const error = await failure('UNAUTHENTICATED', () =>
      checkLogin(fake.host, { ...LOGIN, password: 'wrong' }),
    )
    expect(error.message).toContain(fake.host)
    if (scheme === 'bearer')
      expect(fake.authority!.tokenRequests.every(({ scope }) => scope === '')).toBe(true)
  })

  test('says that it learned nothing where nobody is asked who they are', async () => {
    await using fake = await FakeRegistry.start()
    expect(await checkLogin(fake.host, LOGIN)).toBe(false)
  })

  test('is about registries: what has no such path is none', async () => {
    await using fake = await FakeRegistry.start()
    fake.faults.push({ path: '/v2/', answer: { status: 404 } })
    await failure('NOT_FOUND', () => checkLogin(fake.host, LOGIN))
  })
})

describe('the helper of the platform', () => {
  const name = 'secretservice'

  test('keeps a login where the configuration says nothing of logins, and is named there', async context => {
    if (process.platform !== 'linux') context.skip('the helper of Linux is tried')
    await helper(name)
    const kept = await keep('registry.example')
    expect(kept).toEqual({ place: `docker-credential-${name}`, helper: true, changed: true })
    expect(await read()).toEqual({ auths: { 'registry.example': {} }, credsStore: name })
    expect(await get('registry.example')).toMatchObject(LOGIN)
    expect(await forget('registry.example')).toEqual([`docker-credential-${name}`])
  })

  test('is not asked where the configuration has logins already', async context => {
    if (process.platform !== 'linux') context.skip('the helper of Linux is tried')
    await helper(name)
    await configure({ auths: { 'other.example': { auth: 'dTpw' } } })
    expect(await keep('registry.example')).toMatchObject({ place: configFile, helper: false })
  })

  test('that cannot keep anything is told of, and the file keeps it', async context => {
    if (process.platform !== 'linux') context.skip('the helper of Linux is tried')
    const file = join(folder, `docker-credential-${name}`)
    await writeFile(file, '#!/bin/sh\necho "Cannot autolaunch D-Bus"\nexit 1\n')
    await chmod(file, 0o755)
    const { helperFault, ...kept } = await keep('registry.example')
    expect(kept).toEqual({ place: configFile, helper: false, changed: true })
    expect(helperFault?.why).toContain('D-Bus')
    expect(await get('registry.example')).toMatchObject(LOGIN)
    await rm(file)
  })
})
