import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { vaultProgram } from '../stores.ts'

const SUBJECT = 'C=DE,ST=Hessen,O=Acme,CN=release'
const DAY_MS = 86_400_000

/** A key of Vault with a leaf that an intermediate CA issued; `keep` puts text beside the key, as Vault does. */
async function issued() {
  const self = await vaultProgram()
  const { expect: run, path, reference } = self
  const dn = (cn: string) => ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${cn}`]
  for (const name of ['root', 'middle']) await run(0, ['key', 'create', `file:./${name}.key`, '--name', name])
  await run(0, ['cert', 'issue', 'root', ...dn('Root'), '--ca-cert', '--out', 'root.crt'])
  const byRoot = ['--ca', 'root', '--ca-chain', 'root.crt', '--out', 'middle.crt']
  await run(0, ['cert', 'issue', 'middle', ...dn('Middle'), '--ca-cert', ...byRoot])
  await run(0, ['key', 'create', reference])
  const byMiddle = ['--ca', 'middle', '--ca-chain', 'middle.crt', '--out', 'chain.pem']
  await run(0, ['cert', 'issue', reference, '--subject', SUBJECT, ...byMiddle])
  await makeLayout(path('image'), 'v1')
  const blocks = (await readFile(path('chain.pem'), 'utf8')).split(/(?<=-----END CERTIFICATE-----\n)/)
  const [leaf = '', middle = '', root = ''] = blocks
  const write = (name: string, ...parts: string[]) => writeFile(path(name), parts.join(''))
  await write('leaf.pem', leaf)
  await write('issuers.pem', middle, root)
  await write('no-root.pem', leaf, middle)
  return {
    ...self,
    leaf,
    keep: (text: string) => {
      self.fake.transit.keys.get('release')!.versions[0]!.certificateChain = text
    },
  }
}

const sign = ['sign', '-k', 'release', 'oci:image:v1']

describe('a chain that was given by key add', () => {
  it('completes the leaf that the store gives alone', async () => {
    const { json, keep, leaf, reference } = await issued()
    keep(leaf)
    await json(0, ['key', 'add', 'release', reference])
    const { error } = await json(2, sign)
    expect(error.fix).toContain('add the certificate of CN=Middle,O=Acme,ST=Hessen,C=DE to --cert-chain')
    await json(0, ['key', 'add', 'release', reference, '--cert-chain', 'chain.pem'])
    await json(0, sign)
    expect((await json(0, ['cert', 'show', 'release'])).chains[0].certificates).toHaveLength(3)
  })

  it('may hold the issuers alone, where the store has the leaf', async () => {
    const { json, keep, leaf, reference } = await issued()
    keep(leaf)
    await json(0, ['key', 'add', 'release', reference, '--cert-chain', 'issuers.pem'])
    await json(0, sign)
    const bySign = ['sign', '--again', '-k', reference, '--cert-chain', 'issuers.pem', 'oci:image:v1']
    await json(0, bySign)
  })

  it('is used where the certificate in the store cannot be read, and a note says so', async () => {
    const { json, keep, reference, expect: run } = await issued()
    await json(0, ['key', 'add', 'release', reference, '--cert-chain', 'chain.pem'])
    keep('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
    const { stderr } = await run(0, sign)
    expect(stderr).toMatch(/the certificates in the store cannot be read .*using .*release\.crt/)
  })

  it('is used where the store has another certificate for the same key, unless it is outdated', async () => {
    const { json, keep, reference, expect: run } = await issued()
    const args = ['cert', 'issue', reference, '--subject', 'C=DE,ST=Hessen,O=Acme,CN=self']
    keep((await run(0, args)).stdout)
    await json(0, ['key', 'add', 'release', reference, '--cert-chain', 'chain.pem'])
    expect((await json(0, sign)).targets[0].signature.subject).toContain('CN=release')
    keep((await run(0, [...args, '--expiry', '900d'])).stdout)
    const now = new Date(Date.now() + 400 * DAY_MS)
    const later = await json(0, ['sign', '-k', 'release', '--again', 'oci:image:v1'], { now })
    expect(later.targets[0].signature.subject).toContain('CN=self')
  })
})

describe('a chain that cannot be used is told with what helps', () => {
  it('by cause', async () => {
    const { json, reference } = await issued()
    const signWith = (chain: string) => ['sign', '-k', reference, '--cert-chain', chain, 'oci:image:v1']
    const fixOf = async (chain: string, now?: Date): Promise<string> =>
      (await json(2, signWith(chain), now === undefined ? {} : { now })).error.fix
    expect(await fixOf('no-root.pem')).toBe(
      'add the certificate of CN=Root,O=Acme,ST=Hessen,C=DE to --cert-chain',
    )
    expect(await fixOf('leaf.pem')).toBe(
      'add the certificate of CN=Middle,O=Acme,ST=Hessen,C=DE to --cert-chain',
    )
    expect(await fixOf('chain.pem', new Date(Date.now() - DAY_MS))).toMatch(
      /^wait until 20\d\d-.*Z, or check the clock of this machine/,
    )
    const expired = await fixOf('chain.pem', new Date(Date.now() + 100 * DAY_MS))
    expect(expired).toContain('ask your CA for another certificate: sealwright cert request')
    expect(expired).toContain('--subject CN=release,O=Acme,ST=Hessen,C=DE')
  })
})

describe('a self-made certificate', () => {
  it('begins a few minutes in the past: clocks of verifiers may be behind', async () => {
    const { json, expect: run, reference } = await vaultProgram()
    await run(0, ['key', 'create', reference])
    const now = new Date('2026-05-01T12:00:00Z')
    const { certificate } = await json(0, ['cert', 'issue', reference, '--subject', SUBJECT], { now })
    expect(certificate).toMatchObject({ notBefore: '2026-05-01T11:55:00Z', notAfter: '2026-07-30T12:00:00Z' })
    const made = await json(0, ['init', 'me', '--scope', '*', '--no-passphrase'], { now })
    expect(made.certificate.notBefore).toBe('2026-05-01T11:55:00Z')
    const again = ['init', 'me', '--scope', '*', '--expiry', '365d']
    expect((await json(0, again, { now })).changed).toBe(false)
  })

  it('that ends within 30 days is warned of by sign', async () => {
    const { expect: run, path } = await vaultProgram()
    await run(0, ['init', 'me', '--scope', '*', '--no-passphrase', '--expiry', '10d'])
    await makeLayout(path('image'), 'v1')
    expect((await run(0, ['sign', 'oci:image:v1'])).stderr).toMatch(/certificate of key me ends in \d+ days/)
  })
})

it.each(['C=DE,O=Acme,CN=no-state', 'emailAddress=a@acme.example,C=DE,ST=Hessen,O=Acme,CN=x'])(
  'a subject that no trusted identity can match is warned of: %s',
  async subject => {
    const { expect: run, path, json, reference } = await vaultProgram()
    await run(0, ['key', 'create', reference])
    const name = subject
      .split(',')
      .map(part => `/${part}`)
      .join('')
    const args = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      path('k.pem'),
      '-subj',
      name,
      '-out',
      path('k.crt'),
    ]
    const usage = [
      '-addext',
      'keyUsage=critical,digitalSignature',
      '-addext',
      'basicConstraints=critical,CA:FALSE',
    ]
    execFileSync('openssl', [...args, ...usage], { stdio: 'pipe' })
    const warning = /can match no trusted identity of a policy/
    expect((await run(0, ['key', 'add', 'k', 'file:./k.pem', '--cert-chain', 'k.crt'])).stderr).toMatch(
      warning,
    )
    await makeLayout(path('image'), 'v1')
    expect((await run(0, ['sign', '-k', 'k', 'oci:image:v1'])).stderr).toMatch(warning)
    expect((await run(0, ['cert', 'show', 'k.crt'])).stdout).toMatch(warning)
    expect((await json(0, ['cert', 'show', 'k.crt'])).chains[0].acceptable).toBe(true)
  },
)
