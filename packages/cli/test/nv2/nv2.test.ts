import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { nv2 as nv2Program } from '../../src/nv2/program.ts'
import { issue, opensslIn } from '../openssl.ts'
import { type Program, program } from '../program.ts'

const REFERENCE = 'registry.wabbit-networks.com/net-monitor:v1'
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  config: {
    mediaType: 'application/vnd.docker.container.image.v1+json',
    size: 3,
    digest: `sha256:${'a'.repeat(64)}`,
  },
  layers: [],
})
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`

let self: Program
const nv2 = (code: number, args: readonly string[], options: Parameters<Program['expect']>[2] = {}) =>
  self.expect(code, args, { ...options, program: nv2Program })
const signed = () => readFileSync(self.path('signature.json'), 'utf8')
const sign = (...more: string[]) =>
  nv2(0, [
    ...['sign', '-m', 'x509', '-k', 'wabbit-networks.key', '-r', REFERENCE, '-o', 'signature.json'],
    ...more,
    'file:manifest.json',
  ])
const verify = (code: number, ...more: string[]) =>
  nv2(code, ['verify', '-f', 'signature.json', ...more, 'file:manifest.json'])

/** As the overview of Notary v2 has it: a key and a certificate without subjectAltName, and the manifest of an image. */
beforeEach(async () => {
  self = await program()
  const openssl = opensslIn(self.home)
  openssl(
    ...['req', '-x509', '-sha256', '-nodes', '-newkey', 'rsa:2048', '-days', '365'],
    ...['-subj', '/CN=registry.wabbit-networks.com/O=wabbit-networks inc/C=US/ST=Washington/L=Seattle'],
    ...['-keyout', 'wabbit-networks.key', '-out', 'wabbit-networks.crt'],
  )
  await writeFile(self.path('manifest.json'), MANIFEST)
})

describe('nv2 sign', () => {
  it('writes the JSON of the overview, which openssl verifies', async () => {
    const { stdout, stderr } = await nv2(0, [
      ...['sign', '--method', 'x509', '-k', 'wabbit-networks.key', '-r', REFERENCE],
      ...['-e', '8760h', '-o', 'signature.json', 'file:manifest.json'],
    ])
    expect(stdout).toBe(`${DIGEST}\n`)
    expect(stderr.match(/warning: /g)).toHaveLength(1)
    expect(stderr).toContain('no trust policy and no revocation')
    const [, exp, iat, sig] =
      /^\{"signed":\{"exp":(\d+),"nbf":\d+,"iat":(\d+),.*"sig":"([^"]*)","alg":"RS256","kid":"[A-Z2-7:]{59}"\}\}$/.exec(
        signed(),
      )!
    expect(Number(exp) - Number(iat)).toBe(8760 * 3600)
    const text = /^\{"signed":(.*),"signature":/.exec(signed())![1]!
    expect(
      text.endsWith(`"digest":"${DIGEST}","size":${MANIFEST.length},"references":["${REFERENCE}"]}`),
    ).toBe(true)
    await writeFile(self.path('signed.bin'), text)
    await writeFile(self.path('signed.sig'), Buffer.from(sig!, 'base64'))
    const openssl = opensslIn(self.home)
    openssl('x509', '-in', 'wabbit-networks.crt', '-pubkey', '-noout', '-out', 'wabbit-networks.pub')
    expect(
      openssl('dgst', '-sha256', '-verify', 'wabbit-networks.pub', '-signature', 'signed.sig', 'signed.bin'),
    ).toContain('Verified OK')
  })

  it('names its file by the digest where none is named, and reads the manifest from stdin', async () => {
    const args = ['sign', '-m', 'x509', '-k', './wabbit-networks.key']
    const { stdout } = await nv2(0, args, { stdin: MANIFEST })
    expect(stdout).toBe(`${DIGEST}\n`)
    expect(existsSync(self.path(`${DIGEST.slice(7)}.nv2`))).toBe(true)
    expect((await nv2(2, args, { stdin: '' })).stderr).toContain('stdin is empty')
  })

  it.each([
    ['json', /^\{"signed":\{"iat":\d+,"mediaType":/],
    ['first-json', /^\{"signed":\{"digest":/],
    ['jwt', /^eyJ0eXAiOiJ4NTA5Ii[\w-]+\.[\w-]+\.[\w-]+$/],
  ])('writes the form %s, with certificates or the id of the key, and reads it', async (form, shape) => {
    for (const more of [[], ['-c', 'wabbit-networks.crt']]) {
      await sign('--format', form, ...more)
      expect(signed()).toMatch(shape)
      expect((await verify(0, '-c', 'wabbit-networks.crt')).stdout).toBe(`${DIGEST}\n`)
    }
  })

  it('takes the type of a manifest from itself, or from --media-type', async () => {
    const oci = 'application/vnd.oci.image.manifest.v1+json'
    await writeFile(
      self.path('manifest.json'),
      MANIFEST.replace(/"mediaType":"[^"]*2\+json",/, `"mediaType":"${oci}",`),
    )
    await sign()
    expect(signed()).toContain(`"mediaType":"${oci}"`)
    await writeFile(self.path('manifest.json'), 'anything')
    await sign()
    expect(signed()).toContain('"mediaType":"application/vnd.docker.distribution.manifest.v2+json"')
    await sign('--media-type', 'text/plain')
    expect(signed()).toContain('"mediaType":"text/plain"')
    await verify(0, '-c', 'wabbit-networks.crt', '--media-type', 'text/plain')
    expect((await verify(1, '-c', 'wabbit-networks.crt')).stderr).toContain('text/plain')
  })

  it('signs with a named key of sealwright, and refuses a word that is both a name and a file', async () => {
    await self.expect(0, ['init', 'release', '--scope', '*', '--no-passphrase'])
    const named = ['sign', '-m', 'x509', '-k', 'release', '-o', 'signature.json', 'file:manifest.json']
    await nv2(0, named)
    expect(signed()).toContain('"alg":"ES256"')
    await writeFile(self.path('release'), 'a file')
    expect((await nv2(2, named)).stderr).toContain('-k ./release')
  })

  it('replaces a link under the name that it chooses, and writes through one that was named', async () => {
    const args = ['sign', '-m', 'x509', '-k', 'wabbit-networks.key']
    const chosen = self.path(`${DIGEST.slice('sha256:'.length)}.nv2`)
    await writeFile(self.path('precious'), '')
    await symlink('precious', chosen)
    await nv2(0, [...args, 'file:manifest.json'])
    expect(await readFile(self.path('precious'), 'utf8')).toBe('')
    expect((await lstat(chosen)).isFile()).toBe(true)
    await symlink('precious', self.path('mine.nv2'))
    await nv2(0, [...args, '-o', 'mine.nv2', 'file:manifest.json'])
    expect(await readFile(self.path('precious'), 'utf8')).toContain('signature')
  })

  it('refuses what it could not do as asked, and writes nothing', async () => {
    const base = ['sign', '-m', 'x509', '-k', 'wabbit-networks.key']
    const wrong = async (code: number, fault: string, ...args: string[]) => {
      const { stderr } = await nv2(code, args)
      expect(stderr).toContain(fault)
    }
    await wrong(2, 'unknown method gpg', 'sign', '-m', 'gpg', '-k', 'x', 'file:manifest.json')
    await wrong(2, 'no signing method', 'sign', '-k', 'wabbit-networks.key', 'file:manifest.json')
    await wrong(2, 'no key is named', 'sign', '-m', 'x509', 'file:manifest.json')
    await wrong(2, 'no key is named "nobody"', 'sign', '-m', 'x509', '-k', 'nobody', 'file:manifest.json')
    await wrong(2, 'no such file', 'sign', '-m', 'x509', '-k', 'missing.key', 'file:manifest.json')
    await wrong(2, 'no such file', ...base, 'file:missing.json')
    await wrong(2, 'is not a URI', ...base, 'manifest.json')
    await wrong(2, 'is not a URI', ...base, 'https://registry.example/app:v1')
    await wrong(2, 'not a registry reference', ...base, '-r', 'net-monitor:v1', 'file:manifest.json')
    await wrong(2, '-p needs -u', ...base, '-p', 'x', 'oci://127.0.0.1:1/app:v1')
    await wrong(2, '-u has no effect', ...base, '-u', 'x', 'file:manifest.json')
    await wrong(2, 'does not know where to', ...base, '--push', 'file:manifest.json')
    await wrong(2, 'a duration is made of', ...base, '-e', '1y', 'file:manifest.json')
    await wrong(2, 'unknown option --nonsense', ...base, '--nonsense', 'file:manifest.json')
    expect(await readdir(self.home)).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/\.nv2$|signature/)]),
    )
  })

  it('refuses a key file that others may read, and a certificate of another key or another host', async () => {
    await chmod(self.path('wabbit-networks.key'), 0o644)
    const base = ['sign', '-m', 'x509', '-k', 'wabbit-networks.key', '-o', 'signature.json']
    expect((await nv2(2, [...base, 'file:manifest.json'])).stderr).toContain('chmod 600')
    await chmod(self.path('wabbit-networks.key'), 0o600)
    issue(self.home, 'other', { subject: '/CN=registry.wabbit-networks.com' })
    const other = [...base, '-c', 'other.crt', 'file:manifest.json']
    expect((await nv2(2, other)).stderr).toContain('KEY_MISMATCH')
    const elsewhere = [
      ...base,
      '-c',
      'wabbit-networks.crt',
      '-r',
      'registry.example/app:v1',
      'file:manifest.json',
    ]
    expect((await nv2(2, elsewhere)).stderr).toContain('registry.example/app:v1 is at registry.example')
    expect(existsSync(self.path('signature.json'))).toBe(false)
  })

  it('replaces an earlier signature, and nothing else', async () => {
    await sign()
    await sign()
    await writeFile(self.path('signature.json'), 'something precious')
    const args = [
      'sign',
      '-m',
      'x509',
      '-k',
      'wabbit-networks.key',
      '-o',
      'signature.json',
      'file:manifest.json',
    ]
    expect((await nv2(2, args)).stderr).toContain('is not an nv2 signature')
    expect(signed()).toBe('something precious')
  })

  it('obeys the rules for signing of the configuration', async () => {
    await self.expect(0, ['init', 'me', '--scope', '*', '--no-passphrase'])
    const config = JSON.parse(await readFile(self.config, 'utf8'))
    await writeFile(
      self.config,
      JSON.stringify({ ...config, sign: { algorithms: ['PS256'], requireDigest: true } }),
    )
    const args = ['sign', '-m', 'x509', '-k', 'wabbit-networks.key']
    expect((await nv2(4, [...args, 'file:manifest.json'])).stderr).toContain('denied')
    expect((await nv2(4, [...args, 'oci://127.0.0.1:1/app:v1'])).stderr).toContain('no digest')
  })
})

describe('nv2 verify', () => {
  const crt = ['-c', 'wabbit-networks.crt']

  it('prints the digest of what is signed, and takes -s, --signature and stdin too', async () => {
    await sign()
    expect((await verify(0, ...crt)).stdout).toBe(`${DIGEST}\n`)
    for (const flag of ['-s', '--signature'])
      await nv2(0, ['verify', flag, 'signature.json', ...crt], { stdin: MANIFEST })
    await nv2(2, ['verify', '-s', 'signature.json', '-f', 'signature.json', ...crt], { stdin: MANIFEST })
  })

  it('asks whom to believe', async () => {
    await sign()
    expect((await verify(2)).stderr).toContain('no trusted certificate')
  })

  it('refuses another manifest, another signature, another signer, and other files', async () => {
    await sign()
    const good = signed()
    const fails = async (code: string, ...more: string[]) => {
      const { stderr, stdout } = await verify(1, ...more)
      expect(stderr).toContain(`not verified[${code}]`)
      expect(stdout).toBe('')
    }
    await writeFile(
      self.path('signature.json'),
      good.replace(/"iat":(\d+)/, (_, iat) => `"iat":${Number(iat) + 1}`),
    )
    await fails('TAMPERED', ...crt)
    await writeFile(self.path('signature.json'), good.replace('RS256', 'ES256'))
    await fails('TAMPERED', ...crt)
    await writeFile(self.path('signature.json'), '{"signed":{}}')
    await fails('MALFORMED', ...crt)
    await writeFile(self.path('signature.json'), good)
    issue(self.home, 'other', { subject: '/CN=registry.wabbit-networks.com' })
    await fails('UNTRUSTED', '-c', 'other.crt')
    await fails('UNTRUSTED', '--ca-cert', 'wabbit-networks.crt')
    await writeFile(self.path('manifest.json'), `${MANIFEST}\n`)
    await fails('TAMPERED', ...crt)
  })

  it('refuses before its time and from its end on, by signature and by certificate', async () => {
    const day = 86_400_000
    const later = (days: number) => ({ now: new Date(Date.now() + days * day) })
    await sign('-e', '24h')
    const args = ['verify', '-f', 'signature.json', ...crt, 'file:manifest.json']
    const exp = Number(/"exp":(\d+)/.exec(signed())![1])
    await nv2(0, args, { now: new Date(exp * 1000 - 1) })
    expect((await nv2(1, args, { now: new Date(exp * 1000) })).stderr).toContain('EXPIRED')
    await sign()
    await nv2(0, args, later(364))
    expect((await nv2(1, args, later(366))).stderr).toContain('CERTIFICATE')
    expect((await nv2(1, args, later(-1))).stderr).toContain('CERTIFICATE')
  })

  it('does not print what a signature says to the terminal as it is', async () => {
    await sign('-c', 'wabbit-networks.crt')
    await writeFile(self.path('signature.json'), signed().replace('"typ":"x509"', '"typ":"\\u001b[31m"'))
    const { stderr } = await verify(1, ...crt)
    expect(stderr).not.toContain('\u001b')
  })
})

describe('whom nv2 verify believes', () => {
  const SAN = 'subjectAltName=DNS:registry.wabbit-networks.com'
  const CA = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign']

  /** Signs with a fresh key, whose certificate goes along with those of its issuers. */
  async function signedBy(name: string, ...issuers: string[]): Promise<void> {
    const chain = [name, ...issuers].map(each => readFileSync(self.path(`${each}.crt`), 'utf8')).join('')
    await writeFile(self.path(`${name}.chain`), chain)
    await nv2(0, [
      ...['sign', '-m', 'x509', '-k', `${name}.key`, '-c', `${name}.chain`, '-r', REFERENCE],
      ...['-o', 'signature.json', 'file:manifest.json'],
    ])
  }

  it('is a signer whom an authority certifies, over intermediates that come with the signature', async () => {
    issue(self.home, 'root', { subject: '/CN=root', extensions: CA })
    issue(self.home, 'middle', { subject: '/CN=middle', extensions: CA, by: 'root' })
    issue(self.home, 'leaf', { subject: '/CN=leaf', extensions: [SAN], by: 'middle' })
    await signedBy('leaf', 'middle')
    await verify(0, '--ca-cert', 'root.crt')
    await verify(0, '--ca-cert', 'middle.crt')
    await verify(0, '-c', 'leaf.crt')
    await signedBy('leaf')
    expect((await verify(1, '--ca-cert', 'root.crt')).stderr).toContain('certified by none')
    await verify(0, '--ca-cert', 'root.crt', '--ca-cert', 'middle.crt')
  })

  it.each([
    ['is not an authority', ['basicConstraints=critical,CA:FALSE'], 'is not an authority'],
    [
      'may not certify',
      ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature'],
      'may not certify',
    ],
    ['constrains names', [...CA, 'nameConstraints=critical,permitted;DNS:example.com'], '2.5.29.30'],
  ])('is none whom a certificate vouches for that %s', async (_, extensions, fault) => {
    issue(self.home, 'root', { subject: '/CN=root', extensions })
    issue(self.home, 'leaf', { subject: '/CN=leaf', extensions: [SAN], by: 'root' })
    await signedBy('leaf')
    const { stderr } = await verify(1, '--ca-cert', 'root.crt')
    expect(stderr).toContain('UNTRUSTED')
    expect(stderr).toContain(fault)
  })

  it('is none below more authorities than their own allows', async () => {
    issue(self.home, 'root', {
      subject: '/CN=root',
      extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'],
    })
    issue(self.home, 'middle', { subject: '/CN=middle', extensions: CA, by: 'root' })
    issue(self.home, 'leaf', { subject: '/CN=leaf', extensions: [SAN], by: 'middle' })
    await signedBy('leaf', 'middle')
    expect((await verify(1, '--ca-cert', 'root.crt')).stderr).toContain('pathLength')
  })

  it.each([
    ['for mail only', [SAN, 'extendedKeyUsage=emailProtection'], 'extendedKeyUsage'],
    ['for certificates only', [SAN, 'keyUsage=critical,keyCertSign'], 'keyUsage'],
    ['for another host', ['subjectAltName=DNS:registry.example'], 'registry.example'],
    ['with a critical extension that is unknown', [SAN, '1.2.3.4=critical,ASN1:NULL'], '1.2.3.4'],
  ])('does not accept a signer whose certificate is %s', async (_, extensions, fault) => {
    issue(self.home, 'leaf', { subject: '/CN=registry.wabbit-networks.com', extensions })
    await nv2(0, [
      ...[
        'sign',
        '-m',
        'x509',
        '-k',
        'leaf.key',
        '-r',
        REFERENCE,
        '-o',
        'signature.json',
        'file:manifest.json',
      ],
    ])
    const { stderr } = await verify(1, '-c', 'leaf.crt')
    expect(stderr).toContain('CERTIFICATE')
    expect(stderr).toContain(fault)
  })
})

it('nv2 says what it has, and answers a wrong call with the nearest right one', async () => {
  self = await program()
  expect((await nv2(0, ['--version'])).stdout).toMatch(/^nv2 \d/)
  expect((await nv2(0, ['sign', '--help'])).stdout).toContain('--method')
  expect((await nv2(0, ['help'])).stdout).toContain('pull')
  expect((await nv2(2, [])).stderr).toContain('sign, verify, push, pull')
  expect((await nv2(2, ['sing'])).stderr).toContain('did you mean sign?')
  expect((await nv2(2, ['push', '-f', join('x')])).stderr).toContain('nv2 push needs URI')
})
