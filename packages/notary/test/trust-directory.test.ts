import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePem } from '@sealwright/core/encoding'
import { encodeCertificates, parseCertificate } from '@sealwright/x509'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { listTrustStores, parseStoreReference, trustDirectory } from '../src/index.ts'
import { makeAuthority, makeParty, type Party } from './party.ts'

const POLICY = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'prod',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:acme'],
      trustedIdentities: ['*'],
    },
  ],
}

describe('trustDirectory', () => {
  let directory: string
  let authority: Party
  let leaf: Party
  beforeAll(async () => {
    authority = await makeAuthority('Acme')
    leaf = await makeParty({ organisation: 'Acme', authority })
  })
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sealwright-trust-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  async function put(path: string, content: string | Uint8Array): Promise<void> {
    const file = join(directory, path)
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, content)
  }
  const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const pem = (party: Party): string => encodeCertificates([party.root])

  it('reads policy and stores into plain data', async () => {
    await put('trustpolicy.json', JSON.stringify(POLICY))
    await put('truststore/x509/ca/acme/root.pem', pem(authority))
    await put('truststore/x509/tsa/time/root.crt', authority.root.der)
    expect(await trustDirectory(directory)).toEqual({
      source: directory,
      oci: {
        file: join(directory, 'trustpolicy.json'),
        digest: sha256(JSON.stringify(POLICY)),
        faults: [],
        policy: POLICY,
      },
      stores: {
        'ca:acme': { certificates: [authority.root.der] },
        'tsa:time': { certificates: [authority.root.der] },
      },
    })
  })

  it('prefers trustpolicy.oci.json, and reads the policy for files beside it', async () => {
    await put('trustpolicy.json', 'not read')
    await put('trustpolicy.oci.json', JSON.stringify(POLICY))
    await put('trustpolicy.blob.json', '{')
    const { oci, blob } = await trustDirectory(directory)
    expect(oci).toMatchObject({ file: join(directory, 'trustpolicy.oci.json'), policy: { version: '1.0' } })
    expect(blob).toEqual({
      file: join(directory, 'trustpolicy.blob.json'),
      digest: sha256('{'),
      faults: [{ severity: 'error', message: expect.stringContaining('not JSON'), line: 1, column: 2 }],
    })
  })

  it('is empty where there is nothing', async () => {
    const missing = join(directory, 'missing')
    expect(await trustDirectory(missing)).toEqual({ source: missing, stores: {} })
  })

  describe('with a policy of Sealwright', () => {
    const FILE = 'trustpolicy.sealwright.json'
    const own = (signers: object, more: object = {}): string =>
      JSON.stringify({
        version: 'sealwright/1',
        signers,
        statements: [
          { name: 'prod', scopes: ['*'], require: { all: Object.keys(signers).map(signer => ({ signer })) } },
        ],
        ...more,
      })
    const publicPem = (party: Party): string =>
      encodePem('PUBLIC KEY', parseCertificate(party.chain[0]!.der).publicKey)

    it('reads it with its keys and stores, beside those of Notation', async () => {
      await put('trustpolicy.json', JSON.stringify(POLICY))
      await put('keys/alice.pem', publicPem(leaf))
      await put(
        FILE,
        own({
          alice: { keyFile: 'keys/alice.pem' },
          vendor: { certificates: { stores: ['ca:gone'], identities: ['*'] } },
        }),
      )
      const { sealwright, oci, stores } = await trustDirectory(directory)
      expect(oci).toHaveProperty('policy')
      expect(sealwright).toMatchObject({ file: join(directory, FILE), faults: [] })
      expect(sealwright!.policy!.statements).toHaveLength(1)
      expect(sealwright!.keys).toEqual({ alice: leaf.chain[0]!.publicKey })
      expect(stores['ca:gone']).toMatchObject({ fault: 'it does not exist' })
    })

    it('tells what is wrong with a key, with line and column', async () => {
      await put('secret.pem', publicPem(leaf))
      await put('trust/keys/alice.pem', publicPem(leaf))
      await put('trust/keys/two.pem', publicPem(leaf) + publicPem(authority))
      await put('trust/keys/note.txt', 'hello')
      await put('trust/keys/leaf.pem', encodeCertificates([leaf.chain[0]!]))
      await put('trust/keys/large.pem', new Uint8Array(70_000))
      await mkdir(join(directory, 'trust/keys/folder'))
      await symlink('alice.pem', join(directory, 'trust/keys/inside.pem'))
      await symlink(join(directory, 'secret.pem'), join(directory, 'trust/keys/out.pem'))
      await symlink(directory, join(directory, 'trust/up'))
      execFileSync('mkfifo', [join(directory, 'trust/keys/pipe.pem')])
      const files = [
        'inside',
        'out',
        'two',
        'note.txt',
        'leaf',
        'large',
        'folder',
        'pipe',
        'gone',
        '../up/secret',
      ]
      const signers = Object.fromEntries(
        files.map((name, index) => {
          const file = name.startsWith('..')
            ? 'up/secret.pem'
            : `keys/${/\.|folder/.test(name) ? name : `${name}.pem`}`
          return [`s${index}`, { keyFile: file }]
        }),
      )
      await put(`trust/${FILE}`, own(signers))
      const { sealwright } = await trustDirectory(join(directory, 'trust'))
      expect(sealwright).not.toHaveProperty('policy')
      expect(sealwright!.faults.map(({ message }) => message)).toEqual([
        expect.stringMatching(/out\.pem": a symbolic link leads out of the trust directory/),
        expect.stringMatching(/two\.pem": not one public key in PEM/),
        expect.stringMatching(/note\.txt": not one public key in PEM/),
        expect.stringMatching(/leaf\.pem": not one public key in PEM/),
        expect.stringMatching(/large\.pem": .*larger than 65536 bytes/),
        expect.stringMatching(/folder": .*not a regular file/),
        expect.stringMatching(/pipe\.pem": .*not a regular file: it is a named pipe/),
        expect.stringMatching(/gone\.pem": .*no such file/),
        expect.stringMatching(/up\/secret\.pem": a symbolic link leads out/),
      ])
      expect(sealwright!.faults.every(({ line, column }) => line === 1 && column! > 1)).toBe(true)
    })

    it('warns of one key under two signers', async () => {
      await put('a.pem', publicPem(leaf))
      await put('b.pem', publicPem(leaf))
      await put(FILE, own({ a: { keyFile: 'a.pem' }, b: { keyFile: 'b.pem' } }))
      const { sealwright } = await trustDirectory(directory)
      expect(sealwright!.faults).toMatchObject([
        { severity: 'warning', message: expect.stringContaining('both are the same key') },
      ])
    })

    it('reads a faulty one, and lets nothing else stand in for it', async () => {
      await put('trustpolicy.json', JSON.stringify(POLICY))
      await put(FILE, '{')
      const trust = await trustDirectory(directory)
      expect(trust.sealwright).toMatchObject({ faults: [{ line: 1, column: 2 }], keys: {} })
      expect(trust.sealwright).not.toHaveProperty('policy')
    })

    it('refuses a link, a pipe, a folder, and what is too large', async () => {
      const path = join(directory, FILE)
      await put('elsewhere.json', own({}))
      for (const make of [
        () => symlink(join(directory, 'elsewhere.json'), path),
        async () => execFileSync('mkfifo', [path]),
        () => mkdir(path),
        () => put(FILE, ' '.repeat(5 * 1024 * 1024)),
      ]) {
        await make()
        await expect(trustDirectory(directory)).rejects.toMatchObject({ code: 'VALIDATION' })
        await rm(path, { recursive: true })
      }
    })

    it('is read in place of the others where a policy is given, and tells its kind', async () => {
      await put(FILE, '{')
      await put('trustpolicy.json', '{')
      await put('a.pem', publicPem(leaf))
      const input = own({ a: { keyFile: 'a.pem' } })
      const given = await trustDirectory(directory, { policy: { file: 'p.json', input } })
      expect(given).toMatchObject({ sealwright: { file: 'p.json', keys: { a: leaf.chain[0]!.publicKey } } })
      expect([given.oci, given.blob]).toEqual([undefined, undefined])
      const notation = { file: 'n.json', input: JSON.stringify(POLICY) }
      const other = await trustDirectory(directory, { policy: notation })
      expect(other).toMatchObject({ oci: { file: 'n.json', policy: POLICY }, sealwright: undefined })
    })
  })

  it('follows no symbolic link to a policy', async () => {
    await put('elsewhere.json', JSON.stringify(POLICY))
    await symlink(join(directory, 'elsewhere.json'), join(directory, 'trustpolicy.json'))
    await expect(trustDirectory(directory)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('gives a reason for each store that cannot be used, and keeps the others', async () => {
    await put('truststore/x509/ca/good/root.cer', authority.root.der)
    await mkdir(join(directory, 'truststore/x509/ca/empty'), { recursive: true })
    await put('truststore/x509/ca/garbage/note.txt', 'hello')
    await put('truststore/x509/ca/leaf/leaf.pem', encodeCertificates([leaf.chain[0]!]))
    await put('truststore/x509/ca/nested/folder/root.pem', pem(authority))
    await put('truststore/x509/tsa/leaf/leaf.pem', encodeCertificates([leaf.chain[0]!]))
    await mkdir(join(directory, 'truststore/x509/ca/linked'))
    await symlink(
      join(directory, 'truststore/x509/ca/good/root.cer'),
      join(directory, 'truststore/x509/ca/linked/root.cer'),
    )
    await symlink(join(directory, 'truststore/x509/ca/good'), join(directory, 'truststore/x509/ca/alias'))
    const { stores } = await trustDirectory(directory)
    expect(stores).toMatchObject({
      'ca:good': { certificates: [authority.root.der] },
      'ca:empty': { fault: 'the store is empty' },
      'ca:garbage': { fault: expect.stringContaining('note.txt: ') },
      'ca:leaf': { fault: 'leaf.pem: neither a certificate authority nor self-signed' },
      'ca:nested': { fault: expect.stringContaining('folder: not a regular file') },
      'ca:linked': { fault: expect.stringContaining('root.cer: not a regular file') },
      'ca:alias': { fault: expect.stringContaining('not a directory') },
      'tsa:leaf': { fault: expect.stringContaining('not a root') },
    })
    expect(Object.keys(stores)).toHaveLength(8)
  })

  it('tells the fault of each entry of a store, and reads the others', async () => {
    await put('truststore/x509/ca/mixed/README', 'hello')
    await put('truststore/x509/ca/mixed/leaf.pem', encodeCertificates([leaf.chain[0]!]))
    await put('truststore/x509/ca/mixed/root.pem', pem(authority))
    await mkdir(join(directory, 'truststore/x509/ca/mixed/folder'))
    const { stores, faults } = await listTrustStores(directory)
    expect(faults).toEqual([])
    expect(stores[0]).not.toHaveProperty('fault')
    expect(
      stores[0]!.entries.map(({ name, certificates, fault }) => [
        name,
        certificates.length,
        fault?.message.split(' ', 3).join(' '),
      ]),
    ).toEqual([
      ['README', 0, 'it holds no'],
      ['folder', 0, 'not a regular'],
      ['leaf.pem', 1, 'neither a certificate'],
      ['root.pem', 1, undefined],
    ])
  })

  it('tells what may not be read from what is not there', async ctx => {
    if (process.seteuid === undefined) return ctx.skip('rights of this system are not those of POSIX')
    await put('trustpolicy.json', JSON.stringify(POLICY))
    await put('truststore/x509/ca/acme/root.pem', pem(authority))
    await put('truststore/x509/tsa/good/root.pem', pem(authority))
    await chmod(directory, 0o755)
    await chmod(join(directory, 'truststore/x509/ca'), 0)
    const { stores, faults } = await asNobody(() => listTrustStores(directory))
    expect(stores.map(({ reference }) => reference)).toEqual(['tsa:good'])
    expect(faults).toMatchObject([{ code: 'ACCESS_DENIED' }])
    const read = async () => (await asNobody(() => trustDirectory(directory))).stores['ca:acme']
    expect(await read()).toMatchObject({ code: 'ACCESS_DENIED' })
    await chmod(join(directory, 'truststore/x509/ca'), 0o711)
    expect(await read()).toHaveProperty('certificates')
  })

  /** Root may read everything; the owner of a file who is not root may read what its mode says. */
  async function asNobody<T>(run: () => Promise<T>): Promise<T> {
    const uid = process.geteuid!()
    if (uid !== 0) return run()
    process.seteuid!(65_534)
    try {
      return await run()
    } finally {
      process.seteuid!(uid)
    }
  }

  it.each<[string, (text: string) => Uint8Array | string]>([
    ['a comment in Latin-1', text => Buffer.from(`# Pr\u00fcfstelle\n${text}`, 'latin1')],
    ['a comment that begins as DER does', text => `0 the root\n${text}`],
    ['a ruler of dashes', text => `-------------------------\n${text}-----\n`],
    ['what openssl x509 -text prints', text => `Certificate:\n    Data:\n        Version: 3 (0x2)\n${text}`],
    ['the label TRUSTED CERTIFICATE', text => text.replaceAll(' CERTIFICATE', ' TRUSTED CERTIFICATE')],
  ])('reads a file with %s, as the reference does', async (_, around) => {
    await put('truststore/x509/ca/acme/root.pem', around(pem(authority)))
    expect((await trustDirectory(directory)).stores['ca:acme']).toEqual({
      certificates: [authority.root.der],
    })
  })

  it.each([
    ['a request', 'CERTIFICATE REQUEST'],
    ['a key', 'PRIVATE KEY'],
    ['garbage in a certificate', 'CERTIFICATE'],
  ])('refuses a file that holds %s beside a certificate', async (_, label) => {
    const block = `-----BEGIN ${label}-----\nMAMCAQA=\n-----END ${label}-----\n`
    await put('truststore/x509/ca/acme/root.pem', `${pem(authority)}${block}`)
    expect((await trustDirectory(directory)).stores['ca:acme']).toMatchObject({
      code: 'VALIDATION',
      fault: expect.stringMatching(/^root\.pem: /),
    })
  })

  it('takes a self-signed signer as an anchor, and bundles', async () => {
    const signer = await makeParty({ organisation: 'Self' })
    await put('truststore/x509/ca/both/all.pem', encodeCertificates([authority.root, signer.root]))
    expect((await trustDirectory(directory)).stores).toEqual({
      'ca:both': { certificates: [authority.root.der, signer.root.der] },
    })
  })
})

describe('the name of a trust store', () => {
  it.each(['ca:acme', 'signingAuthority:a.b_c-1', 'tsa:..x'])('%s names a folder', text => {
    expect(parseStoreReference(text).fault).toBeUndefined()
  })
  it.each([
    'acme',
    'ca:',
    'CA:acme',
    'ca:a/b',
    'ca:.',
    'ca:..',
    'ca:a b',
    'ca:ä',
    'ca:a\n',
    'xx:acme',
    'ca:a:b',
  ])('%j names none', text => {
    expect(parseStoreReference(text).fault).toEqual(expect.any(String))
  })
})
