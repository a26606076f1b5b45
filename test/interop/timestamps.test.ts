import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Program, programHome } from '../e2e/program.ts'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { makeImage, putIntoLayout } from '../services/image.ts'
import { addToStore, notationHome, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { freePort } from '../services/server.ts'
import { startSigstoreTimestamp } from '../services/sigstore-timestamp.ts'
import { startTimestampAuthority, type TimestampAuthority } from '../services/timestamp-authority.ts'
import type { Skips } from '../services/tool.ts'

// Timestamps by an authority made of openssl: ours verified by notation, notation's by us, and authorities that misbehave.

type TimestampRoot = Pick<TimestampAuthority, 'rootPath'>

interface World {
  readonly program: Program
  readonly target: string
  readonly digest: string
  readonly signing: readonly string[]
}

/** A program that trusts a signer and a timestamp authority, under one strict policy, and an image in a layout. */
async function world(context: Skips, authority: TimestampRoot, directory: string): Promise<World> {
  const program = await programHome(context)
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'signer', root, { type: 'EC-P256' })
  await addToStore(program.trust, 'acme', [root.certificatePath])
  await trustTimestamps(program.trust, authority)
  await writePolicy(program.trust)
  // A token that may be a second off must lie within certificates that were made just now.
  await setTimeout(2500)
  const image = makeImage()
  const layout = join(directory, 'layout')
  await putIntoLayout(layout, image, 'v1')
  return {
    program,
    target: `oci:${layout}@${image.digest}`,
    digest: image.digest,
    signing: ['sign', '-k', `file:${key.keyPath}`, '--cert-chain', key.chainPath],
  }
}

async function trustTimestamps(config: string, { rootPath }: TimestampRoot): Promise<void> {
  const store = join(config, 'truststore', 'x509', 'tsa', 'time')
  await mkdir(store, { recursive: true })
  await cp(rootPath, join(store, 'root.crt'))
}

async function writePolicy(config: string): Promise<void> {
  const statement = { ...trustEverywhere('acme'), trustStores: ['ca:acme', 'tsa:time'] }
  const policy = { version: '1.0', trustPolicies: [statement] }
  await writeFile(join(config, 'trustpolicy.json'), JSON.stringify(policy), { mode: 0o600 })
}

test.for(['jws', 'cose'])(
  'a timestamp that we had made verifies with notation, and the reverse: %s',
  { timeout: 180_000 },
  async (format, context) => {
    await using authority = await startTimestampAuthority()
    const directory = await scratch('timestamps')
    const { program, target, signing } = await world(context, authority, directory)
    const ours = await program.json([...signing, '--format', format, '--timestamp', authority.url, target])
    expect(ours).toMatchObject({
      code: 0,
      document: {
        targets: [{ signature: { timestamp: { authority: expect.any(String), url: authority.url } } }],
      },
    })
    const scope = ['--scope', 'local/app']
    const { stdout } = await program.expect(0, ['verify', ...scope, target])
    expect(stdout).toMatch(/^ {4}time {5}\S+Z ± 1 s {2}timestamp by .* {2}trusted by tsa:time$/m)
    const again = await program.json([...signing, '--format', format, '--timestamp', authority.url, target])
    expect(again.document).toMatchObject({ targets: [{ outcome: 'unchanged' }] })

    const notation = await notationHome(context, { config: program.trust })
    const at = target.slice('oci:'.length)
    const verified = await notation.run(['verify', '--oci-layout', ...scope, at])
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
  },
)

test.for(['jws', 'cose'])(
  "a timestamp of Sigstore's timestamp-server verifies with us and with notation: %s",
  { timeout: 900_000 }, // the first run builds timestamp-server
  async (format, context) => {
    await using authority = await startSigstoreTimestamp(context)
    const { program, target, signing } = await world(context, authority, await scratch('timestamps'))
    await program.expect(0, [...signing, '--format', format, '--timestamp', authority.url, target])
    expect(await program.json(['verify', '--scope', 'local/app', target])).toMatchObject({
      code: 0,
      document: {
        targets: [{ signatures: [{ time: { source: 'timestamp' }, timestamp: { trustStore: 'tsa:time' } }] }],
      },
    })
    const notation = await notationHome(context, { config: program.trust })
    const at = target.slice('oci:'.length)
    const verified = await notation.run(['verify', '--oci-layout', '--scope', 'local/app', at])
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
  },
)

test.for(['jws', 'cose'])(
  'notation has a signature timestamped, and we verify it: %s',
  {
    timeout: 180_000,
  },
  async (format, context) => {
    await using authority = await startTimestampAuthority()
    const directory = await scratch('timestamps')
    const { program, target } = await world(context, authority, directory)
    const other = await makeAuthority(directory, 'other-root')
    const key = await makeLeaf(directory, 'notation-signer', other, { type: 'EC-P384' })
    await addToStore(program.trust, 'acme', [other.certificatePath])
    const notation = await notationHome(context, { keys: [key], trust: { acme: [other.certificatePath] } })
    await setTimeout(2500)
    const signed = await notation.run([
      'sign',
      '--oci-layout',
      ...['--signature-format', format, '--timestamp-url', authority.url],
      ...['--timestamp-root-cert', authority.rootPath, target.slice('oci:'.length)],
    ])
    expect(signed, signed.stderr).toMatchObject({ code: 0 })
    expect(await program.json(['verify', '--scope', 'local/app', target])).toMatchObject({
      code: 0,
      document: {
        targets: [
          {
            signatures: [
              { time: { source: 'timestamp' }, timestamp: { trustStore: 'tsa:time', policy: '2.999.1' } },
            ],
          },
        ],
      },
    })
  },
)

test.for([
  ['hang', /did not answer within/],
  ['slow', /did not answer within/],
  ['garbage', /timestamp response/],
  ['huge', /more than 1048576 bytes/],
  ['other', /its message imprint is not the one that was sent/],
] as const)(
  'an authority that does %s is named within the timeout, and the next is asked',
  {
    timeout: 120_000,
  },
  async ([behaviour, why], context) => {
    await using authority = await startTimestampAuthority()
    await using good = await startTimestampAuthority()
    const directory = await scratch('timestamps')
    const { program, target, signing } = await world(context, authority, directory)
    const roots = join(directory, 'roots.pem')
    for (const { rootPath } of [authority, good]) await appendFile(roots, await readFile(rootPath))
    // The first answer, which is sent again.
    await program.expect(0, [...signing, '--again', '--timestamp', authority.url, target])
    authority.behaviour = behaviour
    const alone = [...signing, '--again', '--timeout', '6s', '--timestamp', authority.url, target]
    const began = performance.now()
    const { stderr } = await program.expect(3, alone)
    expect(performance.now() - began).toBeLessThan(15_000)
    expect(stderr).toContain('no timestamp could be had')
    expect(stderr).toContain(authority.url)
    expect(stderr).toMatch(why)
    const both = ['--timestamp', authority.url, '--timestamp', good.url, '--timestamp-root', roots]
    const next = await program.expect(0, [...signing, '--again', '--timeout', '12s', ...both, target])
    expect(next.stderr).toContain(`warning: timestamp authority ${authority.url} failed: `)
    expect(next.stdout).toContain(good.url)
  },
)

test('a timestamp goes into the bundle of an attestation, and is asked of nobody who is not trusted', {
  timeout: 120_000,
}, async context => {
  await using authority = await startTimestampAuthority()
  await using stranger = await startTimestampAuthority()
  const directory = await scratch('timestamps')
  const { program, target, signing } = await world(context, authority, directory)
  await program.expect(0, [...signing, '--timestamp', authority.url, target])
  const predicate = join(directory, 'predicate.json')
  await writeFile(predicate, '{"reviewed":true}')
  const type = 'https://example.org/review/v1'
  const attesting = ['attest', ...signing.slice(1), '--type', type, '--predicate', predicate]
  const refused = await program.expect(2, [...attesting, '--timestamp', stranger.url, target])
  expect(refused.stderr).toContain(stranger.url)
  const attested = await program.json([...attesting, '--timestamp', authority.url, target])
  expect(attested.document).toMatchObject({
    targets: [{ outcome: 'attested', attestation: { timestamp: { url: authority.url } } }],
  })
  const again = await program.json([...attesting, '--timestamp', authority.url, target])
  expect(again.document).toMatchObject({ targets: [{ outcome: 'unchanged' }] })
  const verified = await program.json(['verify', '--scope', 'local/app', '--attestation', type, target])
  expect(verified).toMatchObject({
    code: 0,
    document: {
      targets: [
        { attestations: { judged: [{ verdict: 'verified', timestamp: { trustStore: 'tsa:time' } }] } },
      ],
    },
  })
})

test('authorities of the configuration are used, and switched off', { timeout: 120_000 }, async context => {
  await using authority = await startTimestampAuthority()
  const directory = await scratch('timestamps')
  const { program, target, signing } = await world(context, authority, directory)
  const config = join(directory, 'config.json')
  const down = `http://127.0.0.1:${await freePort()}/tsa`
  await writeFile(config, JSON.stringify({ timestamp: [down, authority.url] }))
  const configured = [...signing, '--config', config]
  const { stdout } = await program.expect(0, [...configured, target])
  expect(stdout).toContain(authority.url)
  const before = authority.requests
  await program.expect(0, [...configured, '--again', '--timestamp', 'none', target])
  const offline = await program.expect(2, [...configured, '--again', '--offline', target])
  expect(offline.stderr).toContain('--timestamp none')
  expect(authority.requests).toBe(before)
  const rootless = [
    ...signing,
    '--again',
    '--trust',
    join(directory, 'nothing'),
    '--timestamp',
    authority.url,
  ]
  const { stderr } = await program.expect(2, [...rootless, target])
  expect(stderr).toContain('no timestamp authority is trusted')
})
