import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { inLayout } from '../interop/places.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { programHome } from './program.ts'

test('notation and we follow the CRLs of a CA that was made here', { timeout: 300_000 }, async context => {
  const ours = await programHome(context)
  const file = (name: string) => join(ours.home, name)
  const server = createServer((request, response) => {
    const served = request.url === '/root.crl' ? readFile(file('root.crl')) : Promise.reject()
    served.then(
      bytes => response.setHeader('Content-Type', 'application/pkix-crl').end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  await mkdir(file('config/sealwright'), { recursive: true })
  await writeFile(
    file('config/sealwright/config.json'),
    JSON.stringify({ revocation: { privateHosts: ['127.0.0.1'] } }),
  )

  const dn = (name: string) => ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${name}`]
  const ca = ['--ca', 'root', '--ca-chain', file('root.crt')]
  for (const name of ['root', 'release'])
    await ours.expect(0, [
      'key',
      'create',
      `file:${file(`${name}.key`)}`,
      '--name',
      name,
      '--type',
      'EC-P256',
    ])
  await ours.expect(0, ['cert', 'issue', 'root', ...dn('Root'), '--ca-cert', '--out', file('root.crt')])
  const url = `http://127.0.0.1:${port}/root.crl`
  await ours.expect(0, [
    ...['cert', 'issue', 'release', ...dn('release'), ...ca],
    ...['--crl-url', url, '--out', file('release.crt')],
  ])
  const notation = await notationHome(context, {
    config: ours.trust,
    trust: { acme: [file('root.crt')] },
    env: { XDG_CACHE_HOME: file('their-cache'), NOTATION_CACHE: file('their-cache') },
  })
  await notation.writePolicy(trustEverywhere('acme'))
  const place = await inLayout()
  const target = `oci:${place.directory}@${place.image.digest}`
  await ours.expect(0, ['sign', '-k', 'release', '--cert-chain', file('release.crt'), target])

  const judge = async () => {
    // Both keep a CRL until it expires.
    for (const cache of ['their-cache', 'cache']) await rm(file(cache), { recursive: true, force: true })
    const theirs = await notation.run(['verify', ...place.verifyFlags, place.target])
    const mine = await ours.run(['verify', '--scope', place.scope, target], {
      env: { NOTATION_CACHE: file('cache/notation') },
    })
    return { theirs: theirs.code, ours: mine.code, text: `${theirs.stderr}${mine.stdout}${mine.stderr}` }
  }
  const revoke = (reason: string) =>
    ours.expect(0, [
      ...['cert', 'revoke', file('release.crt'), ...ca],
      ...['--crl', file('root.crl'), '--reason', reason],
    ])

  const without = await judge()
  expect(without, without.text).toMatchObject({ theirs: 1, ours: 3 })
  await ours.expect(0, ['cert', 'crl', ...ca, '--out', file('root.crl')])
  const empty = await judge()
  expect(empty, empty.text).toMatchObject({ theirs: 0, ours: 0 })
  await revoke('certificateHold')
  const held = await judge()
  expect(held, held.text).toMatchObject({ theirs: 1, ours: 1 })
  expect(held.text).toMatch(/revoked/i)
  await revoke('removeFromCRL')
  const released = await judge()
  expect(released, released.text).toMatchObject({ theirs: 0, ours: 0 })
  await revoke('keyCompromise')
  const revoked = await judge()
  expect(revoked, revoked.text).toMatchObject({ theirs: 1, ours: 1 })
})
