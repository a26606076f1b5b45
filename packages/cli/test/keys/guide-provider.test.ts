import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { shellCalls } from '../../../../test/shell-calls.ts'
import { program } from '../program.ts'
import { configure } from '../stores.ts'

const TOKEN = 'canary-token-of-signbox'

/** The guide's programs, its configuration and its commands, as they stand there. */
async function guide() {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/writing-a-provider.md'), 'utf8')
  const programs = new Map(
    [...text.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = '', code = '']) => [
      name,
      code,
    ]),
  )
  const configuration = JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(text)![1]!)
  const commands = [...text.matchAll(/^sealwright .*$/gm)].map(([line]) => line)
  return { programs, options: configuration.providers['signbox-keys'], commands }
}

/** A provider of the guide in a folder where it finds the packages of the workspace. */
async function provider() {
  const { programs, ...rest } = await guide()
  const folder = await mkdtemp(join(import.meta.dirname, '../.signbox-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const name of ['signbox.ts', 'fake-signbox.ts'])
    await writeFile(join(folder, name), programs.get(name)!)
  const signbox = await import(join(folder, 'signbox.ts'))
  const { fakeSignbox } = await import(join(folder, 'fake-signbox.ts'))
  const fake = await fakeSignbox(TOKEN)
  onTestFinished(() => fake.close())
  fake.add('release', 'p256')
  vi.doMock('signbox-keys', () => signbox)
  onTestFinished(() => void vi.doUnmock('signbox-keys'))
  return { ...rest, endpoint: fake.endpoint as string }
}

it('the provider of the guide signs from the command line, by its configuration and its commands', async () => {
  const { options, commands, endpoint } = await provider()
  const self = await program()
  await configure(self, 'signbox-keys', { ...options, endpoint })
  await writeFile(self.path('app.tgz'), 'an application')
  const env = { SIGNBOX_TOKEN: TOKEN }
  expect(commands).toHaveLength(3)
  for (const command of commands) {
    const { stdout, stderr } = await self.expect(0, shellCalls(command)[0]!, { env })
    expect(stdout + stderr).not.toContain(TOKEN)
  }
  await self.expect(0, ['verify', '--trusted-cert', 'release.crt', './app.tgz'])
})

it('its secret comes from a file, too, and from nowhere else', async () => {
  const { options, endpoint } = await provider()
  const self = await program()
  await writeFile(self.path('token'), `${TOKEN}\n`, { mode: 0o600 })
  await configure(self, 'signbox-keys', { ...options, endpoint, token: { file: self.path('token') } })
  await self.json(0, ['key', 'show', 'signbox:release'])
  await configure(self, 'signbox-keys', { ...options, endpoint })
  expect((await self.json(2, ['key', 'show', 'signbox:release'])).error.message).toBe(
    'signbox-keys needs the variable SIGNBOX_TOKEN',
  )
  await configure(self, 'signbox-keys', { ...options, endpoint, token: TOKEN })
  const literal = await self.run(['key', 'show', 'signbox:release', '-o', 'json'])
  expect(literal.code).toBe(2)
  expect(literal.stdout + literal.stderr).not.toContain(TOKEN)
  expect(literal.stdout).toContain('"token\\": { \\"variable\\')
  await configure(self, 'signbox-keys', { ...options, endpoint, token: { value: TOKEN } })
  await self.expect(2, ['key', 'show', 'signbox:release'])
})

it('a scheme that nobody serves says where a provider is named', async () => {
  const { json } = await program()
  const { error } = await json(2, ['key', 'show', 'signbox:release'])
  expect(error).toMatchObject({
    code: 'UNSUPPORTED',
    fix: expect.stringContaining('"providers" in the configuration'),
  })
})
