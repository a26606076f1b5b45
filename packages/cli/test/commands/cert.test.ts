import { execFileSync } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { issue } from '../openssl.ts'
import { program } from '../program.ts'

const LEAF = 'C=DE,ST=Hessen,O=Acme,CN=release'

async function withCa() {
  const self = await program()
  await self.expect(0, ['key', 'create', 'file:./root.key', '--name', 'root', '--type', 'EC-P384'])
  await self.expect(0, ['key', 'create', 'file:./release.key', '--name', 'release'])
  const root = [
    'cert',
    'issue',
    'root',
    '--subject',
    'C=DE,ST=Hessen,O=Acme,CN=Acme Root',
    '--ca-cert',
    '--expiry',
    '3650d',
    '--out',
    'root.crt',
  ]
  const request = ['cert', 'request', 'release', '--subject', LEAF, '--out', 'release.csr']
  const leaf = [
    'cert',
    'issue',
    'release.csr',
    '--subject-from-request',
    '--ca',
    'root',
    '--ca-chain',
    'root.crt',
    '--out',
    'release.crt',
  ]
  for (const args of [root, request, leaf]) await self.expect(0, args)
  return { ...self, steps: { root, request, leaf } }
}

describe('cert request and cert issue', () => {
  it('make a request and a chain that openssl accepts', async () => {
    const { path } = await withCa()
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: path() }).toString()
    expect(openssl('req', '-in', 'release.csr', '-noout', '-verify', '-subject')).toContain('CN = release')
    expect(openssl('verify', '-CAfile', 'root.crt', 'release.crt')).toContain('release.crt: OK')
    expect(openssl('x509', '-in', 'release.crt', '-noout', '-ext', 'keyUsage')).toContain('Digital Signature')
  })

  it('do nothing the second time', async () => {
    const { expect: run, steps, path } = await withCa()
    const files = ['root.crt', 'release.csr', 'release.crt']
    const before = await Promise.all(files.map(file => readFile(path(file))))
    for (const args of Object.values(steps)) expect((await run(0, args)).stdout).toContain('nothing to do')
    expect(await Promise.all(files.map(file => readFile(path(file))))).toEqual(before)
  })

  it('never write over something else unasked', async () => {
    const { json, steps, path, expect: run } = await withCa()
    await writeFile(path('release.csr'), 'a letter')
    await json(2, steps.request)
    expect(await readFile(path('release.csr'), 'utf8')).toBe('a letter')
    await run(0, [...steps.request, '-y'])
  })

  it('print PEM to stdout, or into the document', async () => {
    const { json, expect: run } = await withCa()
    expect((await run(0, ['cert', 'request', 'release', '--subject', LEAF])).stdout).toMatch(
      /^-----BEGIN CERTIFICATE REQUEST-----/,
    )
    expect((await json(0, ['cert', 'issue', 'release', '--subject', LEAF])).pem).toMatch(
      /^-----BEGIN CERTIFICATE-----/,
    )
  })

  it('refuse a request without a CA, a foreign CA certificate, and a subject that Notation would not trust', async () => {
    const { json, steps } = await withCa()
    expect((await json(2, ['cert', 'issue', 'release.csr'])).error.fix).toContain('--ca')
    expect(
      (await json(2, [...steps.leaf.slice(0, 4), '--ca', 'release', '--ca-chain', 'root.crt'])).error.code,
    ).toBe('KEY_MISMATCH')
    expect(
      (await json(2, ['cert', 'request', 'release', '--subject', 'CN=release'])).error.message,
    ).toContain('trusted identity')
  })

  it('let the CA say whom a certificate names, or say that the request may', async () => {
    const { json, steps } = await withCa()
    const ca = ['--ca', 'root', '--ca-chain', 'root.crt']
    const { error } = await json(2, ['cert', 'issue', 'release.csr', ...ca])
    expect(error).toMatchObject({
      message: '--subject is missing',
      why: expect.stringContaining('CN=release,O=Acme,ST=Hessen,C=DE'),
      fix: expect.stringContaining('--subject-from-request'),
    })
    const other = 'C=DE,ST=Hessen,O=Acme,CN=other'
    const named = await json(0, ['cert', 'issue', 'release.csr', '--subject', other, ...ca])
    expect(named.certificate.subject).toBe('CN=other,O=Acme,ST=Hessen,C=DE')
    await json(2, [...steps.leaf, '--subject', other])
    await json(2, ['cert', 'issue', 'release', '--subject-from-request'])
  })

  it('make a chain that signs and is trusted by its root', async () => {
    const { json, path } = await withCa()
    await json(0, ['key', 'add', 'release', 'file:release.key', '--cert-chain', 'release.crt', '--default'])
    expect(
      (
        await json(0, [
          'key',
          'add',
          'release',
          'file:release.key',
          '--cert-chain',
          'release.crt',
          '--default',
        ])
      ).changed,
    ).toBe(false)
    await json(0, ['cert', 'add', 'ca:acme', 'root.crt'])
    await json(0, [
      'policy',
      'init',
      '--name',
      'acme',
      '--scope',
      '*',
      '--trust-store',
      'ca:acme',
      '--trusted-identity',
      'C=DE,ST=Hessen,O=Acme',
    ])
    await makeLayout(path('image'), 'v1')
    await json(0, ['sign', 'oci:image:v1'])
    const { targets } = await json(0, ['verify', 'oci:image:v1'])
    expect(targets[0].signatures[0].signer).toMatchObject({
      subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
      trustStore: 'ca:acme',
    })
  })
})

describe('signing with an unfit certificate', () => {
  it('is refused before anything is signed, naming the rule', async () => {
    const { json, path } = await withCa()
    await makeLayout(path('image'), 'v1')
    const { error } = await json(2, ['sign', '-k', 'root', '--cert-chain', 'root.crt', 'oci:image:v1'])
    expect(error.message).toContain('Notation would reject the certificate of key root')
    expect(error.why).toContain('keyUsage')
    expect(
      (await json(2, ['sign', '-k', 'release', '--cert-chain', 'root.crt', 'oci:image:v1'])).error.code,
    ).toBe('KEY_MISMATCH')
    expect((await json(2, ['sign', '-k', 'release', 'oci:image:v1'])).error.message).toContain(
      'has no certificate',
    )
    expect((await json(0, ['list', 'oci:image:v1'])).referrers).toEqual([])
  })
})

describe('cert show', () => {
  it('says rule by rule whether Notation would accept a chain', async () => {
    const { json, expect: run } = await withCa()
    expect((await json(0, ['cert', 'show', 'release.crt'])).chains[0]).toMatchObject({
      acceptable: true,
      faults: [],
    })
    const { chains } = await json(0, ['cert', 'show', 'root.crt'])
    expect(chains[0].acceptable).toBe(false)
    expect(chains[0].faults.map(({ rule }: { rule: string }) => rule)).toContain('leaf-basic-constraints')
    const { stdout } = await run(0, ['cert', 'show', 'release.crt'])
    expect(stdout).toMatch(/passed {2}leaf-key-usage/)
    expect(stdout).toContain('accepted by Notation for signing  yes')
  })
})

describe('cert show, where Notation and the specification differ', () => {
  it('says whose rule refuses a chain', async () => {
    const self = await program()
    issue(self.path(), 'any', {
      subject: '/C=DE/ST=Hessen/O=Acme/CN=any',
      extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=codeSigning,anyExtendedKeyUsage'],
    })
    const [chain] = (await self.json(0, ['cert', 'show', 'any.crt'])).chains
    expect(chain).toMatchObject({
      acceptable: false,
      notation: true,
      faults: [{ rule: 'leaf-extended-key-usage', stricter: 'specification' }],
    })
    const { stdout } = await self.expect(0, ['cert', 'show', 'any.crt'])
    expect(stdout).toContain('accepted by Notation for signing  yes')
    expect(stdout).toMatch(
      /accepted here for signing +no: signature-specification\.md, "Certificate Requirements"/,
    )
    issue(self.path(), 'ssl', {
      subject: '/C=DE/ST=Hessen/O=Acme/CN=ssl',
      extensions: ['keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth,anyExtendedKeyUsage'],
    })
    expect((await self.json(0, ['cert', 'show', 'ssl.crt'])).chains[0]).toMatchObject({
      acceptable: false,
      notation: false,
    })
  })

  it('policy init warns of a signer whom no identity can match', async () => {
    const self = await program()
    issue(self.path(), 'mail', {
      subject: '/C=DE/ST=Hessen/O=Acme/OU=a/OU=b/CN=mail',
      extensions: ['keyUsage=critical,digitalSignature'],
    })
    await self.expect(0, ['cert', 'add', 'ca:mail', 'mail.crt'])
    const init = [
      'policy',
      'init',
      '--name',
      'm',
      '--scope',
      '*',
      '--trust-store',
      'ca:mail',
      '--trusted-identity',
    ]
    const { stderr } = await self.expect(0, [...init, 'C=DE,ST=Hessen,O=Acme'])
    expect(stderr).toMatch(/warning: ca:mail: the subject .* can match no trusted identity of a policy/)
  })
})

describe('trust stores', () => {
  it('take certificates in, list them and let them go, each of it once', async () => {
    const { json, expect: run, path, trust } = await withCa()
    const folder = join(trust, 'truststore', 'x509', 'ca', 'acme')
    expect((await json(0, ['cert', 'add', 'ca:acme', 'root.crt'])).added).toHaveLength(1)
    expect(await json(0, ['cert', 'add', 'ca:acme', 'root.crt'])).toMatchObject({ added: [], kept: [{}] })
    expect(await readdir(folder)).toHaveLength(1)
    const { stores } = await json(0, ['cert', 'list'])
    expect(stores).toMatchObject([
      { store: 'ca:acme', fault: null, certificates: [{ subject: 'CN=Acme Root,O=Acme,ST=Hessen,C=DE' }] },
    ])
    expect((await json(0, ['cert', 'show', 'ca:acme'])).chains[0].acceptable).toBe(true)
    const print = stores[0].certificates[0].fingerprint
    expect((await json(0, ['cert', 'remove', 'ca:acme', `sha256:${print}`])).removed).toHaveLength(1)
    expect((await json(0, ['cert', 'remove', 'ca:acme', print])).removed).toEqual([])
    expect((await run(0, ['cert', 'remove', 'ca:acme', 'root.crt'])).stdout).toContain('nothing to do')
    expect((await json(0, ['cert', 'list', 'ca:acme'])).stores[0].certificates).toEqual([])
    expect(path()).toBeTypeOf('string')
  })

  it('refuse a leaf that nobody should trust as a root', async () => {
    const { json } = await withCa()
    expect((await json(2, ['cert', 'add', 'ca:acme', 'release.crt'])).error.why).toContain(
      'neither a certificate authority nor self-signed',
    )
    expect((await json(0, ['cert', 'list'])).stores).toEqual([])
  })

  it('are emptied only with a yes', async () => {
    const { json, expect: run } = await withCa()
    await json(0, ['cert', 'add', 'ca:acme', 'root.crt'])
    expect((await json(2, ['cert', 'remove', 'ca:acme', '--all'])).error.fix).toContain('-y')
    expect((await json(0, ['cert', 'list', 'ca:acme'])).stores[0].certificates).toHaveLength(1)
    await run(2, ['cert', 'remove', 'ca:acme', '--all'], { answers: ['n'] })
    await run(0, ['cert', 'remove', 'ca:acme', '--all'], { answers: ['y'] })
    await run(0, ['cert', 'remove', 'ca:acme', '--all'])
  })

  it('keep the other certificates of a bundle that notation wrote', async () => {
    const { json, path, trust } = await withCa()
    await json(0, [
      'cert',
      'issue',
      'release',
      '--subject',
      'C=DE,ST=Hessen,O=Acme,CN=Other Root',
      '--ca-cert',
      '--out',
      'other.crt',
    ])
    await json(0, ['cert', 'add', 'ca:acme', 'root.crt'])
    const folder = join(trust, 'truststore', 'x509', 'ca', 'acme')
    const [file] = await readdir(folder)
    await writeFile(
      join(folder, file as string),
      `${await readFile(path('root.crt'), 'utf8')}${await readFile(path('other.crt'), 'utf8')}`,
    )
    await json(0, ['cert', 'remove', 'ca:acme', 'root.crt'])
    expect((await json(0, ['cert', 'list', 'ca:acme'])).stores[0].certificates).toMatchObject([
      { subject: 'CN=Other Root,O=Acme,ST=Hessen,C=DE' },
    ])
  })
})

it('signs an image again with another certificate of the key, and notes it of a file', async () => {
  const { expect: run, json, path } = await program()
  const dn = (cn: string) => ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${cn}`]
  await makeLayout(path('image'), 'v1')
  await run(0, ['key', 'create', 'file:./release.key', '--name', 'release'])
  await run(0, ['cert', 'issue', 'release', ...dn('First'), '--out', 'first.crt'])
  await run(0, ['cert', 'issue', 'release', ...dn('Second'), '--out', 'second.crt'])
  const sign = (chain: string, ...rest: string[]) => ['sign', '-k', 'release', '--cert-chain', chain, ...rest]
  for (const outcome of ['signed', 'unchanged']) {
    for (const chain of ['first.crt', 'second.crt'])
      expect((await json(0, sign(chain, 'oci:image:v1'))).targets[0]).toMatchObject({ outcome })
  }
  const toFile = ['--signature', 'image.jws', 'oci:image:v1']
  const first = await json(0, sign('first.crt', ...toFile))
  expect((await run(0, sign('first.crt', ...toFile))).stderr).not.toContain('another certificate')
  const repeated = await run(0, [...sign('second.crt', ...toFile), '-o', 'json'])
  expect(repeated.stderr).toMatch(
    /note: the equal signature has another certificate of the key, issued by CN=First,\S+ and valid to \S+; --again makes one with the present certificate\n/,
  )
  const { targets } = JSON.parse(repeated.stdout)
  expect(targets[0]).toMatchObject({ outcome: 'unchanged', signature: first.targets[0].signature })
})

it.each(['web.csr', './requests/web'])('says that the request %s is not there', async file => {
  const self = await withCa()
  const { error } = await self.json(2, ['cert', 'issue', file, '--subject-from-request', '--ca', 'root'])
  expect(error).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining(file),
    fix: 'check the spelling of the path',
  })
})
