import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeRegistry, type FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

const PASSWORD = 'canary-7c1f3a-passphrase'
const AUTH = { scheme: 'bearer', users: { ci: PASSWORD } } as const

async function registry(options: FakeRegistryOptions = { auth: AUTH }): Promise<FakeRegistry> {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  return fake
}

const login = (host: string) => ['login', host, '--username', 'ci', '--password-stdin']

describe('login', () => {
  it('is checked, kept as docker keeps it, and used from then on; logout ends it', async () => {
    const self = await program()
    const { fake, reference } = await registryWith(self, { auth: AUTH })
    await self.json(0, ['list', reference])
    const done = await self.json(0, login(fake.host), { stdin: `${PASSWORD}\n` })
    const place = self.path('docker', 'config.json')
    expect(done).toMatchObject({
      host: fake.host,
      username: 'ci',
      checked: true,
      helper: false,
      place,
      changed: true,
    })
    expect((await stat(place)).mode & 0o777).toBe(0o600)
    const { auths } = JSON.parse(await readFile(place, 'utf8'))
    expect(Buffer.from(auths[fake.host].auth, 'base64').toString()).toBe(`ci:${PASSWORD}`)
    await self.json(0, ['list', reference])
    expect(fake.authority!.tokenRequests.at(-1)).toMatchObject({ user: 'ci' })

    const again = await self.expect(0, login(fake.host), { stdin: PASSWORD })
    expect(again.stdout).toContain('nothing to do')
    expect(await self.json(0, ['logout', fake.host])).toMatchObject({ changed: true, places: [place] })
    expect(JSON.parse(await readFile(place, 'utf8'))).toEqual({ auths: {} })
    expect((await self.expect(0, ['logout', fake.host])).stdout).toContain('nothing to do')
  })

  it('that is refused is not kept', async () => {
    const self = await program()
    const { host } = await registry()
    const { error } = await self.json(5, login(host), { stdin: 'wrong' })
    expect(error.code).toBe('UNAUTHENTICATED')
    await expect(stat(self.path('docker'))).rejects.toThrow()
  })

  it('goes to the file that REGISTRY_AUTH_FILE names', async () => {
    const self = await program()
    const { host } = await registry({ auth: { scheme: 'basic', users: { ci: PASSWORD } } })
    const env = { REGISTRY_AUTH_FILE: self.path('auth.json') }
    await self.json(0, login(host), { stdin: PASSWORD, env })
    expect(Object.keys(JSON.parse(await readFile(self.path('auth.json'), 'utf8')).auths)).toEqual([host])
    expect(await self.json(0, ['logout', host], { env })).toMatchObject({ changed: true })
  })

  it('asks a person for what was not given, and warns of a password that lies open', async () => {
    const self = await program()
    const { host } = await registry()
    const { stderr, stdout } = await self.expect(0, ['login', host], { answers: ['ci', PASSWORD] })
    expect(self.asked).toEqual([`user name at ${host}: `, `password of ci at ${host}: `])
    expect(stderr).toContain('the password is stored unencrypted in')
    expect(stdout).toContain(`logged in to ${host} as ci`)
  })

  it('says when it was not checked, as the registry asks nobody', async () => {
    const self = await program()
    const { host } = await registry({})
    const { stderr } = await self.expect(0, login(host), { stdin: PASSWORD })
    expect(stderr).toContain('was not checked')
  })

  it.each([
    [['login', 'https://registry.example/v2/'], 'sealwright login registry.example'],
    [['login', 'registry.example/app'], 'sealwright login registry.example'],
    [['login', 'registry.example', '--password-stdin'], 'add --username'],
    [['login', 'registry.example', '--plain-http', 'other.example'], '--plain-http registry.example'],
    [['login', 'registry.example', '--offline'], 'leave --offline out'],
    [['login', 'registry.example'], '--username'],
    [
      ['login', 'registry.example', '--username', 'a:b', '--password-stdin'],
      'the name that the registry knows',
    ],
    [['login', 'registry.example', '--username', 'a', '--password-stdin'], 'pipe it in'],
    [['logout', 'A_B'], 'sealwright logout'],
  ])('refuses %j with the fix', async (args, fix) => {
    const { error } = await (await program()).json(2, args)
    expect(error.fix).toContain(fix)
  })

  it('leaves a file alone that is damaged', async () => {
    const self = await program()
    const { host } = await registry()
    await mkdir(self.path('docker'))
    await writeFile(self.path('docker', 'config.json'), '{')
    const { error } = await self.json(2, login(host), { stdin: PASSWORD })
    expect(error.message).toContain('config.json')
    expect(await readFile(self.path('docker', 'config.json'), 'utf8')).toBe('{')
  })
})
