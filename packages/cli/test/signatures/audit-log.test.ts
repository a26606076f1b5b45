import { execFileSync } from 'node:child_process'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { awsProgram } from '../stores.ts'

const lines = (text: string) =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))

async function ready(): Promise<Program> {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await makeLayout(self.path('image'), 'v1')
  return self
}

it('has a line for each signature, in a file that only its owner reads, and none for what was signed before', async () => {
  const { json, path } = await ready()
  await writeFile(path('notes.txt'), 'hello')
  const sign = ['sign', '--audit-log', 'audit.jsonl']
  const { targets, key } = await json(0, [...sign, 'oci:image:v1', './notes.txt'])
  await json(0, [...sign, 'oci:image:v1'])
  await writeFile(path('predicate.json'), '{"a":1}')
  const attest = ['attest', '--type', 'https://example.com/t', '--predicate', 'predicate.json']
  await json(0, [...attest, '--audit-log', 'audit.jsonl', 'oci:image:v1'])
  expect((await stat(path('audit.jsonl'))).mode & 0o777).toBe(0o600)
  const records = lines(await readFile(path('audit.jsonl'), 'utf8'))
  expect(records.map(({ action }) => action)).toEqual(['sign', 'sign', 'attest'])
  const ofImage = records.find(({ target, action }) => target.includes('image') && action === 'sign')
  expect(ofImage).toMatchObject({
    schema: 'sealwright.audit/1',
    key: 'me',
    reference: key.resolved,
    fingerprint: key.fingerprint,
    algorithm: 'ES256',
    target: targets[0].resolved,
    targetDigest: targets[0].resolved.split('@')[1],
    signatureType: 'application/jose+json',
    requestId: null,
    who: { host: expect.any(String), identity: null },
  })
  // The digest is that of the envelope, which is a blob of the signature.
  const blob = await readFile(path('image', 'blobs', 'sha256', ofImage.signatureDigest.slice(7)))
  expect(JSON.parse(blob.toString())).toHaveProperty('signature')
  expect(new Date(ofImage.time).getTime()).toBeGreaterThan(Date.now() - 600_000)
})

it('tells the request of a service and whose credentials it was shown', async () => {
  const self = await awsProgram()
  const { json, reference, path } = self
  await json(0, ['key', 'create', reference, '--name', 'release'])
  await json(0, ['init', 'release', '-k', 'release', '--scope', '*'])
  await makeLayout(path('image'), 'v1')
  await json(0, ['sign', '-k', 'release', '--audit-log', 'audit.jsonl', 'oci:image:v1'])
  const [record] = lines(await readFile(path('audit.jsonl'), 'utf8'))
  expect(record.requestId).toMatch(/./)
  expect(record.reference).toMatch(/^awskms:\/\/\/arn:/)
  expect(record.who).toHaveProperty('source')
  expect(JSON.stringify(record)).not.toContain(self.secrets[0])
})

it('on stdout is the output, and what is told to a person goes to stderr', async () => {
  const { expect: run } = await ready()
  const { stdout, stderr } = await run(0, ['sign', '--audit-log', '-', 'oci:image:v1'])
  expect(lines(stdout)).toHaveLength(1)
  expect(stderr).toContain('signed')
  for (const other of [['-o', 'json'], ['-q']])
    await run(2, ['sign', '--audit-log', '-', ...other, 'oci:image:v1'])
})

it('that cannot be opened stops the run before anything is signed', async () => {
  const { json, path } = await ready()
  const open = async (file: string) => (await json(2, ['sign', '--audit-log', file, 'oci:image:v1'])).error
  expect((await open('.')).code).toBe('VALIDATION')
  expect((await open('/dev/null')).message).toContain('is not a regular file')
  execFileSync('mkfifo', [path('fifo')])
  await json(2, ['sign', '--audit-log', 'fifo', 'oci:image:v1'])
  expect((await json(0, ['list', 'oci:image:v1'])).referrers).toEqual([])
})

it('that cannot be written keeps the signature from being stored', async ctx => {
  if (process.getuid?.() !== 0) return ctx.skip('only root may limit the size of a file system')
  const { expect: run, path } = await ready()
  const full = path('full')
  await mkdir(full)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'none', full], { stdio: 'pipe' })
  } catch {
    return ctx.skip('no file system can be mounted here')
  }
  try {
    await writeFile(`${full}/audit.jsonl`, 'x'.repeat(4096))
    const { stderr } = await run(3, ['sign', '--audit-log', `${full}/audit.jsonl`, 'oci:image:v1'])
    expect(stderr).toContain('audit.jsonl')
    expect((await run(0, ['list', 'oci:image:v1'])).stdout).not.toContain('signature')
  } finally {
    execFileSync('umount', [full])
  }
})
