import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startRevocationAuthority } from '../../../../test/services/revocation-authority.ts'
import { startTimestampAuthority } from '../../../../test/services/timestamp-authority.ts'
import type { Check } from '../../src/commands/doctor/document.ts'
import { program } from '../program.ts'

const of = (name: string, checks: readonly Check[]): Check[] => checks.filter(({ check }) => check === name)

it('doctor asks every source of revocation that the certificates of a key name', {
  timeout: 120_000,
}, async () => {
  const self = await program()
  const authority = await startRevocationAuthority()
  onTestFinished(() => authority[Symbol.asyncDispose]())
  const identity = await authority.issue('release', ['ocsp', 'crl'])
  await self.expect(0, [
    ...['key', 'add', 'release', `file:${identity.keyPath}`, '--allow-readable-key'],
    ...['--cert-chain', identity.chainPath],
  ])
  const args = ['doctor', 'release', '--allow-readable-key']
  await self.json(0, args)
  expect(authority.requests).toEqual([])
  const ask = async (code: number) =>
    of('revocation', (await self.json(code, [...args, '--revocation'])).keys[0].checks)
  const refused = await ask(1)
  expect(refused.map(({ fix }) => fix)).toEqual(
    Array(2).fill(expect.stringContaining('revocation.privateHosts')),
  )
  expect(authority.requests).toEqual([])
  await writeFile(self.config, JSON.stringify({ revocation: { privateHosts: ['127.0.0.1'] } }))
  expect(await ask(0)).toMatchObject([
    {
      outcome: 'ok',
      detail: expect.stringMatching(
        /^OCSP http:\S+: \d+ ms: CN=release,.* is good; its clock agrees with ours$/,
      ),
    },
    {
      outcome: 'ok',
      detail: expect.stringMatching(
        /^CRL http:\S+: \d+ ms: CN=release,.* is good; its clock agrees with ours$/,
      ),
    },
  ])
  authority.behaviour.ocsp = 'garbage'
  const [ocsp, crl] = await ask(1)
  expect(ocsp).toMatchObject({
    outcome: 'fault',
    detail: expect.stringContaining('and nothing about CN=release'),
  })
  expect(crl).toMatchObject({ outcome: 'ok' })
  authority.behaviour.ocsp = 'good'
  await authority.revoke(identity)
  expect((await ask(1)).map(({ detail }) => detail)).toEqual(
    Array(2).fill(expect.stringMatching(/is revoked$/)),
  )
})

it('doctor tries timestamp authorities, and compares the clocks', { timeout: 120_000 }, async () => {
  const self = await program()
  const authority = await startTimestampAuthority()
  onTestFinished(() => authority[Symbol.asyncDispose]())
  const ask = async (code: number, now = new Date()) =>
    of('timestamp', (await self.json(code, ['doctor', '--timestamp', authority.url], { now })).checks)[0]
  expect(await ask(1)).toMatchObject({ outcome: 'fault', fix: expect.stringContaining('cert add tsa:') })
  expect(authority.requests).toBe(0)
  await self.expect(0, ['cert', 'add', 'tsa:acme', authority.rootPath])
  expect(await ask(0)).toMatchObject({
    outcome: 'ok',
    detail: expect.stringMatching(/^http:\S+: \d+ ms; CN=tsa,.*, to \S+; its clock agrees with ours$/),
  })
  expect(await ask(0, new Date(Date.now() + 120_000))).toMatchObject({
    outcome: 'warning',
    detail: expect.stringMatching(/its clock is 1[12]\d s behind ours$/),
  })
  authority.behaviour = 'garbage'
  expect(await ask(1)).toMatchObject({ outcome: 'fault', detail: expect.stringContaining(authority.url) })
  const asked = authority.requests
  await writeFile(join(self.trust, 'truststore', 'x509', 'tsa', 'acme', 'broken.crt'), 'no certificate')
  expect(await ask(1)).toMatchObject({
    outcome: 'fault',
    detail: expect.stringContaining('no root of a timestamp authority is trusted'),
  })
  expect(authority.requests).toBe(asked)
})

it.each([
  ['tsa.example', 'is not the URL of a timestamp authority'],
  ['ftp://tsa.example', 'is not the URL of a timestamp authority'],
  ['http://user:hunter2@tsa.example', 'holds a user name or a password'],
])('doctor takes no %s for a timestamp authority', async (url, message) => {
  const { json } = await program()
  const { error } = await json(2, ['doctor', '--timestamp', url])
  expect(error.message).toContain(message)
  expect(JSON.stringify(error)).not.toContain('hunter2')
})

it('doctor asks nobody unless it is told to, and never offline', async () => {
  const { json } = await program()
  expect((await json(2, ['doctor', '--revocation'])).error.message).toBe('--revocation needs a key')
  for (const flags of [
    ['--timestamp', 'http://tsa.example'],
    ['release', '--revocation'],
  ])
    expect((await json(2, ['doctor', '--offline', ...flags])).error.message).toContain(
      'cannot be used together',
    )
})

it('doctor counts the days of what is trusted', async () => {
  const self = await program()
  await self.expect(0, ['key', 'create', 'file:./root.key', '--name', 'root'])
  const subject = ['--subject', 'C=DE,ST=Hessen,O=Acme,CN=Root']
  await self.expect(0, [
    'cert',
    'issue',
    'root',
    ...subject,
    '--ca-cert',
    '--expiry',
    '10d',
    '--out',
    'root.crt',
  ])
  await self.expect(0, ['cert', 'add', 'ca:acme', 'root.crt'])
  const { checks } = await self.json(0, ['doctor'])
  expect(of('trust', checks)).toContainEqual({
    check: 'trust',
    outcome: 'warning',
    detail: expect.stringMatching(/^CN=Root,\S+ in ca:acme ends in (?:9|10) days, at /),
    fix: expect.stringContaining('sealwright cert add ca:acme FILE'),
  })
})
