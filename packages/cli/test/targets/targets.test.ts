import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

async function ready(): Promise<Program> {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', '*'])
  const files = ['policy', 'init', '--statement-for-files', '--global', '--name', 'files']
  await self.expect(0, [...files, '--trust-store', 'ca:me', '--trusted-identity', '*'])
  await makeLayout(self.path('image'), 'v1', 'v2', 'v3')
  await writeFile(self.path('app.tgz'), 'the bytes of a release')
  return self
}

interface Target {
  readonly reference: string
  readonly outcome?: string
  readonly verdict?: string
}

const LIST =
  '\ufeff# a release\r\n\r\n  oci:image:v1  \r\noci:image:v2\n\t# and a file\n./app.tgz\noci:image:v1'

describe('--targets', () => {
  it('is a list with comments, empty lines and white space, whose targets are signed and verified', async () => {
    const { json, path } = await ready()
    await writeFile(path('list.txt'), LIST)
    const signed = await json(0, ['sign', '--targets', 'list.txt'])
    expect(signed.targets.map(({ reference, outcome }: Target) => [reference, outcome])).toEqual([
      ['oci:image:v1', 'signed'],
      ['oci:image:v2', 'signed'],
      ['./app.tgz', 'signed'],
    ])
    const verified = await json(0, ['verify', '--targets', 'list.txt'])
    expect(verified.targets.map(({ verdict }: Target) => verdict)).toEqual(Array(3).fill('verified'))
  })

  it('comes after the arguments, from stdin too, and skips what is done', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['sign', 'oci:image:v2'])
    const { targets } = await json(0, ['sign', '--targets', '-', 'oci:image:v3'], { stdin: LIST })
    expect(targets.map(({ reference, outcome }: Target) => [reference, outcome])).toEqual([
      ['oci:image:v3', 'signed'],
      ['oci:image:v1', 'signed'],
      ['oci:image:v2', 'unchanged'],
      ['./app.tgz', 'signed'],
    ])
    const { stdout } = await run(0, ['verify', '-q', '--targets', '-'], { stdin: LIST })
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
  })

  it('names the line of an invalid target, before anything is signed', async () => {
    const { json, path, expect: run } = await ready()
    await writeFile(path('list.txt'), '# images\noci:image:v1\n\napp.tgz\n')
    const { error } = await json(2, ['sign', '--targets', 'list.txt'])
    expect(error.message).toContain('list.txt:4: "app.tgz" is not a registry reference')
    expect(error.fix).toContain('./app.tgz')
    await run(1, ['verify', 'oci:image:v1'])
  })

  it('that names nothing fails', async () => {
    const { json } = await ready()
    for (const command of ['sign', 'verify']) {
      const { error } = await json(2, [command, '--targets', '-'], { stdin: '# nothing\n\n' })
      expect(error.message).toContain('stdin names no target')
    }
  })

  it('that is not text is refused', async () => {
    const { json } = await ready()
    const stdin = Buffer.from([0x6f, 0xff, 0x0a])
    expect((await json(2, ['verify', '--targets', '-'], { stdin })).error.message).toContain(
      'not a list of targets',
    )
  })

  it('and a password are not read from the same stdin', async () => {
    const { expect: run } = await ready()
    const args = ['verify', '--targets', '-', '--username', 'u', '--password-stdin']
    const { stdout, stderr } = await run(2, args, { stdin: 'hunter2\n' })
    expect(stdout + stderr).not.toContain('hunter2')
    expect(stderr).toContain('stdin cannot be read twice')
  })

  it('ends with the first present of the order of exit codes: not verified before usage', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['sign', 'oci:image:v1'])
    const stdin = 'oci:image:v1\noci:image:v2\noci:image:nosuch\n'
    const { targets } = await json(1, ['verify', '--targets', '-'], { stdin })
    expect(targets.map(({ verdict }: Target) => verdict)).toEqual(['verified', 'notVerified', 'unknown'])
    await run(2, ['verify', '--targets', '-'], { stdin: 'oci:image:v1\noci:image:nosuch\n' })
  })

  it('signs what two of its lines name once, however many are signed at the same time', async () => {
    const { json, path } = await ready()
    const { digest } = await makeLayout(path('same'), 'v1')
    const names = ['oci:same:v1', `oci:same@${digest}`, 'oci:same', `oci:same:v1@${digest}`]
    const stdin = names.join('\n')
    const { targets } = await json(0, ['sign', '--concurrency', '4', '--targets', '-'], { stdin })
    expect(targets.map(({ outcome }: Target) => outcome).toSorted()).toEqual([
      'signed',
      'unchanged',
      'unchanged',
      'unchanged',
    ])
    expect((await json(0, ['verify', '--all', 'oci:same'])).targets[0].signatures).toHaveLength(1)
  })

  it('that is interrupted says of every target what became of it', async () => {
    const { json } = await ready()
    const abort = new AbortController()
    abort.abort({ interrupt: 'SIGINT' })
    const { targets } = await json(130, ['verify', 'oci:image:v1', 'oci:image:v2'], { signal: abort.signal })
    expect(targets.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
      'ABORTED',
      'ABORTED',
    ])
  })
})
