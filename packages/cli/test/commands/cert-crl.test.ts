import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { issue, opensslIn } from '../openssl.ts'
import { program } from '../program.ts'

const dn = (cn: string) => ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${cn}`]
const CA = ['--ca', 'root', '--ca-chain', 'root.crt']
const CRL_URL = 'http://pki.acme.example/root.crl'

async function withCa() {
  const self = await program()
  const openssl = opensslIn(self.path())
  for (const name of ['root', 'release'])
    await self.expect(0, ['key', 'create', `file:./${name}.key`, '--name', name, '--type', 'EC-P256'])
  await self.expect(0, ['cert', 'issue', 'root', ...dn('Root'), '--ca-cert', '--out', 'root.crt'])
  const certify = (name: string, ...more: string[]) =>
    self.json(0, [
      ...['cert', 'issue', 'release', ...dn(name), ...CA, '--crl-url', CRL_URL],
      ...['--out', `${name}.crt`, ...more],
    ])
  for (const name of ['one', 'two']) await certify(name)
  const revoke = (name: string, ...more: string[]) => [
    'cert',
    'revoke',
    `${name}.crt`,
    ...CA,
    '--crl',
    'root.crl',
    ...more,
  ]
  const renew = (...more: string[]) => ['cert', 'crl', ...CA, '--out', 'root.crl', ...more]
  /** What openssl says of a certificate and the CRL. */
  const judge = (name: string): string => {
    try {
      return openssl('verify', '-crl_check', '-CAfile', 'root.crt', '-CRLfile', 'root.crl', `${name}.crt`)
    } catch (error) {
      return String((error as { stderr: Buffer }).stderr)
    }
  }
  const show = () => openssl('crl', '-in', 'root.crl', '-noout', '-text')
  return { ...self, openssl, certify, revoke, renew, judge, show }
}

describe('cert issue', () => {
  it('names where the CA answers, and limits the CAs below', async () => {
    const { json, expect: run, openssl, certify } = await withCa()
    const urls = ['--ocsp-url', 'http://ocsp.acme.example', '--ocsp-url', 'https://ocsp2.acme.example/a']
    await certify('three', '--crl-url', 'http://pki2.acme.example/root.crl', ...urls)
    const text = openssl('x509', '-in', 'three.crt', '-noout', '-text')
    for (const url of [CRL_URL, 'http://pki2.acme.example/root.crl', urls[1], urls[3]])
      expect(text).toContain(`URI:${url}`)
    const middle = ['cert', 'issue', 'release', ...dn('Middle'), ...CA, '--ca-cert', '--out', 'middle.crt']
    await json(0, [...middle, '--path-length', '0'])
    expect(openssl('x509', '-in', 'middle.crt', '-noout', '-text')).toContain('CA:TRUE, pathlen:0')
    expect((await run(0, [...middle, '--path-length', '0'])).stdout).toContain('nothing to do')
    await json(2, [...middle, '--path-length', '1'])
    await json(2, middle)
    const below = ['cert', 'issue', 'root', ...dn('Below'), '--ca', 'release', '--ca-chain', 'middle.crt']
    expect((await json(2, [...below, '--ca-cert'])).error).toMatchObject({
      message: expect.stringContaining('may not issue this certificate'),
      why: 'its path length is 0',
    })
    await json(0, below)
  })

  it('writes another certificate only where it differs in a URL or a limit', async () => {
    const { expect: run } = await withCa()
    const one = ['cert', 'issue', 'release', ...dn('one'), ...CA, '--out', 'one.crt']
    expect((await run(0, [...one, '--crl-url', CRL_URL])).stdout).toContain('nothing to do')
    await run(2, [...one, '--crl-url', `${CRL_URL}2`])
    await run(2, [...one, '--crl-url', CRL_URL, '--ocsp-url', 'http://ocsp.acme.example'])
    await run(2, one)
  })

  it.each([
    ['a path length of a signer', ['--path-length', '0'], 'needs --ca-cert'],
    ['a path length that is not a number', ['--ca-cert', '--path-length', '-1'], 'path-length'],
    ['a CRL without a CA', ['--crl-url', CRL_URL], '--crl-url needs --ca'],
    ['an OCSP responder without a CA', ['--ocsp-url', CRL_URL], '--ocsp-url needs --ca'],
    ['a URL of another scheme', ['--crl-url', 'ldap://acme.example'], 'is not a URL that verifiers ask'],
    ['a URL with a password', ['--crl-url', 'http://a:b@acme.example'], 'is not a URL that verifiers ask'],
  ])('refuses %s', async (_, flags, message) => {
    const { json } = await program()
    expect((await json(2, ['cert', 'issue', 'me', ...dn('me'), ...flags])).error.message).toContain(message)
  })

  it('keeps to the name constraints of the CA', async () => {
    const { json, openssl, path } = await withCa()
    issue(path(), 'team', {
      subject: '/C=DE/ST=Hessen/O=Team/CN=CA',
      extensions: [
        'basicConstraints=critical,CA:TRUE',
        'keyUsage=critical,keyCertSign,cRLSign',
        'nameConstraints=critical,permitted;dirName:team',
        '[team]\nC=DE\nST=Hessen\nO=Team',
      ],
    })
    const ca = ['--ca', 'file:./team.key', '--ca-chain', 'team.crt', '--allow-readable-key']
    const inside = ['cert', 'issue', 'release', '--subject', 'C=DE,ST=Hessen,O=Team,CN=a', ...ca]
    await json(0, [...inside, '--out', 'inside.crt'])
    expect(openssl('verify', '-CAfile', 'team.crt', 'inside.crt')).toContain('OK')
    expect((await json(2, ['cert', 'issue', 'release', ...dn('a'), ...ca])).error).toMatchObject({
      message: expect.stringContaining('may not issue this certificate'),
      why: expect.stringContaining('is outside of the nameConstraints of CN=CA,O=Team,ST=Hessen,C=DE'),
    })
  })
})

describe('cert crl and cert revoke', () => {
  it('issue CRLs that openssl verifies and follows', async () => {
    const { json, expect: run, openssl, renew, revoke, judge, show } = await withCa()
    const first = await json(0, renew('--next-update', '7d'))
    expect(first).toMatchObject({ file: 'root.crl', crl: { number: '1', revoked: 0 } })
    expect(openssl('crl', '-in', 'root.crl', '-inform', 'DER', '-noout', '-CAfile', 'root.crt')).toBe('')
    expect([judge('one'), judge('two')]).toEqual(['one.crt: OK\n', 'two.crt: OK\n'])
    const { crl } = await json(0, revoke('one', '--reason', 'keyCompromise', '--at', '2026-01-02T03:04:05Z'))
    expect(crl).toMatchObject({ issuer: 'CN=Root,O=Acme,ST=Hessen,C=DE', number: '2', revoked: 1 })
    expect(judge('one')).toContain('certificate revoked')
    expect(judge('two')).toBe('two.crt: OK\n')
    const text = show()
    expect(text).toContain('Revocation Date: Jan  2 03:04:05 2026 GMT')
    expect(text).toMatch(/X509v3 CRL Reason Code: \n\s+Key Compromise/)
    await json(0, revoke('two', '--reason', 'superseded', '--invalidity-date', '2026-01-01'))
    expect(show()).toMatch(/Invalidity Date: \n\s+Jan\s+1 00:00:00 2026 GMT/)
    expect((await run(0, renew())).stdout).toContain('renewed root.crl: CRL 4 of CN=Root')
    expect([judge('one'), judge('two')].every(said => said.includes('certificate revoked'))).toBe(true)
  })

  it('do nothing where a certificate is revoked already, and never take it back', async () => {
    const { json, expect: run, renew, revoke, path } = await withCa()
    await run(0, renew())
    await run(0, revoke('one', '--reason', 'superseded'))
    const before = await readFile(path('root.crl'))
    for (const reason of [[], ['--reason', 'superseded']])
      expect((await run(0, revoke('one', ...reason))).stdout).toContain('nothing to do')
    for (const reason of ['removeFromCRL', 'keyCompromise', 'certificateHold'])
      expect((await json(2, revoke('one', '--reason', reason))).error.message).toContain(
        'is revoked for good (superseded)',
      )
    expect(await readFile(path('root.crl'))).toEqual(before)
  })

  it('put a certificate on hold, and release it or revoke it', async () => {
    const { json, expect: run, renew, revoke, judge, show } = await withCa()
    await run(0, renew())
    for (const name of ['one', 'two']) await run(0, revoke(name, '--reason', 'certificateHold'))
    expect(judge('one')).toContain('certificate revoked')
    expect((await run(0, revoke('one', '--reason', 'certificateHold'))).stdout).toContain('nothing to do')
    expect((await json(0, revoke('one', '--reason', 'removeFromCRL'))).crl).toMatchObject({ revoked: 1 })
    expect(judge('one')).toBe('one.crt: OK\n')
    expect((await run(0, revoke('one', '--reason', 'removeFromCRL'))).stdout).toContain('nothing to do')
    await run(0, revoke('two', '--reason', 'cessationOfOperation'))
    expect(show()).toMatch(/Cessation Of Operation/)
    expect(show()).not.toMatch(/Certificate Hold/)
  })

  it('lose nothing when several run at once', async () => {
    const { expect: run, json, certify, renew, revoke } = await withCa()
    await run(0, renew())
    const names = ['a', 'b', 'c', 'd', 'e']
    for (const name of names) await certify(name)
    await Promise.all(names.map(name => run(0, revoke(name))))
    expect((await json(0, renew())).crl).toMatchObject({ number: '7', revoked: 5 })
  })

  it('keep the form of the file: PEM, or DER', async () => {
    const { expect: run, renew, revoke, path, openssl } = await withCa()
    await run(0, renew('--pem'))
    await run(0, revoke('one'))
    expect(await readFile(path('root.crl'), 'utf8')).toMatch(/^-----BEGIN X509 CRL-----\n/)
    expect(openssl('crl', '-in', 'root.crl', '-noout', '-crlnumber')).toContain('0x02')
  })

  it('refuse what is not the last CRL of this CA, and keep it', async () => {
    const { json, expect: run, revoke, path } = await withCa()
    expect((await json(2, revoke('one'))).error).toMatchObject({
      message: 'root.crl does not exist',
      fix: expect.stringContaining('sealwright cert crl --ca root --out root.crl'),
    })
    await run(0, ['cert', 'issue', 'release', ...dn('Root'), '--ca-cert', '--out', 'twin.crt'])
    await run(0, ['cert', 'issue', 'release', ...dn('Other'), '--ca-cert', '--out', 'other.crt'])
    for (const [name, code] of [
      ['other', 'VALIDATION'],
      ['twin', 'INTEGRITY'],
    ] as const) {
      await run(0, ['cert', 'crl', '--ca', 'release', '--ca-chain', `${name}.crt`, '--out', `${name}.crl`])
      const before = await readFile(path(`${name}.crl`))
      for (const args of [
        ['cert', 'crl', ...CA, '--out', `${name}.crl`],
        ['cert', 'revoke', 'one.crt', ...CA, '--crl', `${name}.crl`],
      ])
        expect((await json(code === 'INTEGRITY' ? 3 : 2, args)).error).toMatchObject({
          code,
          message: `${name}.crl is not a CRL of CN=Root,O=Acme,ST=Hessen,C=DE`,
        })
      expect(await readFile(path(`${name}.crl`))).toEqual(before)
    }
    await writeFile(path('letter'), 'a letter')
    expect((await json(2, ['cert', 'crl', ...CA, '--out', 'letter'])).error.message).toBe(
      'letter holds no CRL',
    )
    expect(await readFile(path('letter'), 'utf8')).toBe('a letter')
  })

  it('refuse the certificate of another CA, a root, a CA that must not sign CRLs, and times to come', async () => {
    const { json, expect: run, renew, revoke, path } = await withCa()
    await run(0, renew())
    await run(0, ['cert', 'issue', 'release', ...dn('alone'), '--out', 'alone.crt'])
    expect((await json(2, revoke('alone'))).error.message).toContain('is self-signed')
    await run(0, ['cert', 'issue', 'release', ...dn('Other'), '--ca-cert', '--out', 'other.crt'])
    const by = ['--ca', 'release', '--ca-chain', 'other.crt']
    await run(0, ['cert', 'issue', 'root', ...dn('x'), ...by, '--out', 'x.crt'])
    expect((await json(2, revoke('x'))).error.message).toBe(
      'CN=Root,O=Acme,ST=Hessen,C=DE did not issue CN=x,O=Acme,ST=Hessen,C=DE',
    )
    for (const flag of ['--at', '--invalidity-date'])
      expect((await json(2, revoke('one', flag, '2999-01-01'))).error.message).toContain('is in the future')
    await json(2, ['cert', 'crl', '--out', 'root.crl'])
    await json(2, ['cert', 'crl', ...CA])
    await json(2, ['cert', 'revoke', 'one.crt', ...CA])
    const leaf = ['--ca', 'release', '--ca-chain', 'one.crt']
    expect((await json(2, ['cert', 'crl', ...leaf, '--out', 'leaf.crl'])).error.message).toContain(
      'may not issue CRLs',
    )
    await expect(readFile(path('leaf.crl'))).rejects.toThrow('ENOENT')
    const past = { now: new Date('2020-01-01T00:00:00Z') }
    expect((await run(2, renew(), past)).stderr).toContain('root.crl is from the future')
  })

  it('warn where no verifier would learn of it', async () => {
    const { expect: run, renew, revoke } = await withCa()
    await run(0, renew())
    await run(0, ['cert', 'issue', 'release', ...dn('silent'), ...CA, '--out', 'silent.crt'])
    expect((await run(0, revoke('silent'))).stderr).toContain('names neither a CRL nor an OCSP responder')
    expect((await run(0, revoke('one'))).stderr).not.toContain('warning')
  })

  it('go on from a CRL of openssl', async () => {
    const { json, expect: run, openssl, path, judge, show, revoke } = await withCa()
    issue(path(), 'theirs', {
      subject: '/C=DE/ST=Hessen/O=Acme/CN=Theirs',
      extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'],
    })
    const ca = ['--ca', 'file:./theirs.key', '--ca-chain', 'theirs.crt', '--allow-readable-key']
    for (const name of ['old', 'new'])
      await run(0, ['cert', 'issue', 'release', ...dn(name), ...ca, '--out', `${name}.crt`])
    await writeFile(path('index.txt'), '')
    await writeFile(path('number'), '1F\n')
    await writeFile(
      path('ca.cnf'),
      '[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=9\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n',
    )
    const theirs = ['ca', '-config', 'ca.cnf', '-keyfile', 'theirs.key', '-cert', 'theirs.crt']
    openssl(...theirs, '-revoke', 'old.crt', '-crl_reason', 'superseded')
    openssl(...theirs, '-gencrl', '-out', 'root.crl')
    const args = ['cert', 'revoke', 'new.crt', ...ca, '--crl', 'root.crl']
    expect((await json(0, args)).crl).toMatchObject({ number: '32', revoked: 2 })
    expect(show()).toMatch(/Superseded/)
    expect(openssl('crl', '-in', 'root.crl', '-noout', '-CAfile', 'theirs.crt')).toBe('')
    await run(0, ['cert', 'revoke', 'old.crt', ...ca, '--crl', 'root.crl', '--reason', 'superseded'])
    expect(judge('one')).not.toContain('OK')
    await json(2, revoke('one'))
  })
})
