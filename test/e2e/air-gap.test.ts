import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeIndexLayout } from '../../packages/cli/test/image.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { type NetworkNamespace, networkNamespace } from '../services/network-namespace.ts'
import { notationHome } from '../services/notation.ts'
import { startOlareg } from '../services/registries.ts'
import { startRevocationAuthority } from '../services/revocation-authority.ts'
import type { Server } from '../services/server.ts'
import type { Skips } from '../services/tool.ts'
import { type Program, programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registry
const SUBJECT = 'CN=vendor,O=Acme,ST=WA,C=US'

/** Both sides of the gap: an image in a registry outside, and a home inside where no packet leaves. */
async function bothSides(context: Skips, within: NetworkNamespace, outer: Server) {
  const image = makeImage()
  await pushImage(outer.url, 'app', image, 'v1')
  const scope = `${outer.host}/app`
  const outside = await programHome(context)
  const inside = await programHome(context, undefined, within)
  return { image, scope, reference: `${scope}@${image.digest}`, outside, inside }
}

/** What a person carries: one file from one home to the other. */
async function carry(from: Program, to: Program, ...names: readonly string[]): Promise<void> {
  for (const name of names) await copyFile(join(from.home, name), join(to.home, name))
}

function certificateOf({ home }: Program, name: string): string {
  return join(home, 'config', 'sealwright', 'keys', `${name}.crt`)
}

/** Trusts a certificate that came over another channel, for these repositories. */
async function trust(program: Program, certificate: string, ...scopes: readonly string[]): Promise<void> {
  await program.expect(0, ['cert', 'add', 'ca:vendor', certificate])
  const policy = [
    'policy',
    'init',
    '--name',
    'vendor',
    '--trust-store',
    'ca:vendor',
    '--trusted-identity',
    '*',
  ]
  await program.expect(0, [...policy, ...scopes.flatMap(scope => ['--scope', scope])])
}

/** That nobody outside is reached: neither a route nor the port of the registry there. */
async function expectNoNetwork(within: NetworkNamespace, outer: Server): Promise<void> {
  const routes = await within.run('cat', ['/proc/net/route'])
  expect(routes.stdout.trim().split('\n')).toHaveLength(1)
  const connect = `require('net').connect(${outer.port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => process.exit(9))`
  expect((await within.run(process.execPath, ['-e', connect])).code).toBe(9)
}

test('an image crosses an air gap in one tar: verified offline, pushed inside, and verified there', {
  timeout,
}, async context => {
  await using within = await networkNamespace(context)
  await using outer = await startOlareg(context)
  const { image, scope, reference, outside, inside } = await bothSides(context, within, outer)
  await outside.expect(0, ['init', 'vendor', '--scope', scope, '--subject', SUBJECT])
  await outside.expect(0, ['sign', '-m', 'build=42', reference])
  await outside.expect(0, ['sign', '--format', 'cose', reference])
  await outside.expect(0, ['copy', '--verify', `${scope}:v1`, 'oci-archive:app.tar'])

  await carry(outside, inside, 'app.tar')
  await copyFile(certificateOf(outside, 'vendor'), join(inside.home, 'vendor.crt'))
  await expectNoNetwork(within, outer)
  await using inner = await startOlareg(context, { within })
  await trust(inside, 'vendor.crt', scope, `${inner.host}/app`)

  const offline = ['verify', '--offline', '--all', '--scope', scope]
  const { code, document } = await inside.json([...offline, 'oci-archive:app.tar'])
  expect(code).toBe(0)
  expect(document).toMatchObject({
    targets: [
      {
        verdict: 'verified',
        resolved: `oci-archive:app.tar@${image.digest}`,
        signatures: [{ verdict: 'verified' }, { verdict: 'verified' }],
      },
    ],
  })
  // What it is judged as is said by whoever judges, never by the archive.
  await inside.expect(4, ['verify', '--offline', '--scope', 'registry.example/other', 'oci-archive:app.tar'])
  await inside.expect(3, ['verify', '--timeout', '5s', reference])

  await inside.expect(0, ['copy', 'oci-archive:app.tar', `${inner.host}/app:v1`])
  const verified = await inside.expect(0, ['verify', '-q', '--all', `${inner.host}/app:v1`])
  expect(verified.stdout).toBe(`${inner.host}/app@${image.digest}\n`)
  const notation = await notationHome(context, { config: inside.trust, within })
  expect(await notation.run(['verify', `${inner.host}/app@${image.digest}`])).toMatchObject({ code: 0 })
})

test('revocation is checked inside by the evidence that crossed, by us and by notation', {
  timeout,
}, async context => {
  await using within = await networkNamespace(context)
  await using outer = await startOlareg(context)
  await using authority = await startRevocationAuthority()
  const { image, scope, reference, outside, inside } = await bothSides(context, within, outer)
  const folder = join(outside.home, 'config', 'sealwright')
  await mkdir(folder, { recursive: true })
  const config = { revocation: { privateHosts: ['127.0.0.1'] } }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const { keyPath, chainPath } = await authority.issue('vendor', ['crl'])
  await outside.expect(0, ['sign', '-k', `file:${keyPath}`, '--cert-chain', chainPath, reference])
  await outside.expect(0, ['copy', '--revocation', reference, 'oci-archive:app.tar'])
  const { document: listed } = await outside.json(['list', reference])
  expect(listed).toMatchObject({ referrers: [{ kind: 'signature', referrers: [] }] })

  await carry(outside, inside, 'app.tar')
  await copyFile(authority.root.certificatePath, join(inside.home, 'vendor.crt'))
  await expectNoNetwork(within, outer)
  await using inner = await startOlareg(context, { within })
  await trust(inside, 'vendor.crt', scope, `${inner.host}/app`)
  authority.requests.length = 0
  const offline = ['verify', '--offline', '--scope', scope, 'oci-archive:app.tar']
  const { code, document } = await inside.json(offline)
  expect(code).toBe(0)
  expect(document).toMatchObject({
    targets: [{ signatures: [{ revocation: [{ status: 'good', source: 'crl', origin: 'carried' }] }] }],
  })
  await inside.expect(0, ['copy', 'oci-archive:app.tar', `${inner.host}/app:v1`])
  const env = { NOTATION_CACHE: join(inside.home, 'cache', 'notation') }
  const notation = await notationHome(context, { config: inside.trust, within, env })
  const untold = await notation.run(['verify', `${inner.host}/app@${image.digest}`])
  expect(untold.code, untold.stderr).toBe(1)
  await inside.expect(0, [...offline, '--keep-revocation'])
  const told = await notation.run(['verify', `${inner.host}/app@${image.digest}`])
  expect(told.code, told.stderr).toBe(0)
  expect(authority.requests).toEqual([])
})

test('an index crosses with every platform, what was attested of it, and signatures of all; one by one from a list', {
  timeout,
}, async context => {
  await using within = await networkNamespace(context)
  await using outer = await startOlareg(context)
  const { scope, outside, inside } = await bothSides(context, within, outer)
  const layout = join(outside.home, 'layout')
  const { below } = await makeIndexLayout(layout, ['linux/amd64', 'linux/arm64'])
  const reference = `${scope}:index`
  await outside.expect(0, ['copy', `oci:${layout}:v1`, reference])
  await outside.expect(0, ['init', 'vendor', '--scope', scope, '--subject', SUBJECT])
  await outside.expect(0, ['sign', '--recursive', reference])
  await writeFile(join(outside.home, 'provenance.json'), '{"buildDefinition":{},"runDetails":{}}')
  await outside.expect(0, ['attest', '--type', 'slsa', '--predicate', 'provenance.json', reference])
  await outside.expect(0, ['copy', reference, 'oci-archive:app.tar'])

  await carry(outside, inside, 'app.tar')
  await copyFile(certificateOf(outside, 'vendor'), join(inside.home, 'vendor.crt'))
  await using inner = await startOlareg(context, { within })
  const moved = `${inner.host}/team/app`
  await trust(inside, 'vendor.crt', scope, moved)
  const attested = ['verify', '--attestation', 'slsa']
  await inside.expect(0, [...attested, '--offline', '--scope', scope, 'oci-archive:app.tar'])
  await inside.expect(0, ['copy', 'oci-archive:app.tar', `${moved}:v1`])
  await inside.expect(0, [...attested, `${moved}:v1`])
  const list = below.map(digest => `${moved}@${digest}`)
  await writeFile(join(inside.home, 'list.txt'), `# every manifest of the index\n${list.join('\n')}\n`)
  const { stdout } = await inside.expect(0, ['verify', '-q', '--targets', 'list.txt'])
  expect(stdout.trim().split('\n')).toEqual([...new Set(list)])
})

test('what was changed on the way is refused inside', { timeout }, async context => {
  await using within = await networkNamespace(context)
  await using outer = await startOlareg(context)
  const { scope, reference, outside, inside, image } = await bothSides(context, within, outer)
  await outside.expect(0, ['init', 'vendor', '--scope', scope, '--subject', SUBJECT])
  await outside.expect(0, ['sign', reference])
  await outside.expect(0, ['copy', reference, 'oci-archive:app.tar'])
  await copyFile(certificateOf(outside, 'vendor'), join(inside.home, 'vendor.crt'))
  await trust(inside, 'vendor.crt', scope)
  const tar = await readFile(join(outside.home, 'app.tar'))
  const manifest = Buffer.from(image.blobs.get(image.digest)!)
  const at = tar.indexOf(manifest)
  expect(at).toBeGreaterThan(0)
  tar.write('9', at + manifest.indexOf('"schemaVersion":2') + '"schemaVersion":'.length)
  await writeFile(join(inside.home, 'app.tar'), tar)
  await inside.expect(1, ['verify', '--offline', '--scope', scope, 'oci-archive:app.tar'])
})

test('an image that is signed inside gets its signature outside, where the key never was', {
  timeout,
}, async context => {
  await using within = await networkNamespace(context)
  await using outer = await startOlareg(context)
  const { image, scope, reference, outside, inside } = await bothSides(context, within, outer)
  await outside.expect(0, ['copy', reference, 'oci-archive:app.tar'])
  await carry(outside, inside, 'app.tar')
  await expectNoNetwork(within, outer)
  await inside.expect(0, ['init', 'vendor', '--scope', scope, '--subject', SUBJECT])
  await inside.expect(0, ['sign', '--offline', '--signature', 'app.sig', 'oci-archive:app.tar'])
  const offline = ['verify', '--offline', '--scope', scope, '--signature', 'app.sig']
  await inside.expect(0, [...offline, 'oci-archive:app.tar'])

  await carry(inside, outside, 'app.sig')
  await copyFile(certificateOf(inside, 'vendor'), join(outside.home, 'vendor.crt'))
  await trust(outside, 'vendor.crt', scope)
  await outside.expect(1, ['verify', `${scope}:v1`])
  await outside.expect(0, ['verify', '--signature', 'app.sig', `${scope}:v1`])
  await outside.expect(0, ['attach', `${scope}:v1`, 'app.sig'])
  const again = await outside.json(['attach', reference, 'app.sig'])
  expect(again).toMatchObject({ code: 0, document: { outcome: 'unchanged' } })
  await outside.expect(0, ['verify', `${scope}:v1`])
  const notation = await notationHome(context, { config: outside.trust })
  expect(await notation.run(['verify', `${scope}@${image.digest}`])).toMatchObject({ code: 0 })
})
