import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeCertificates } from '@sealwright/x509'
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
  const pem = (party: Party): string => encodeCertificates([party.root])

  it('reads policy and stores into plain data', async () => {
    await put('trustpolicy.json', JSON.stringify(POLICY))
    await put('truststore/x509/ca/acme/root.pem', pem(authority))
    await put('truststore/x509/tsa/time/root.crt', authority.root.der)
    expect(await trustDirectory(directory)).toEqual({
      source: directory,
      oci: { file: join(directory, 'trustpolicy.json'), faults: [], policy: POLICY },
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
      faults: [{ severity: 'error', message: expect.stringContaining('not JSON'), line: 1, column: 2 }],
    })
  })

  it('is empty where there is nothing', async () => {
    const missing = join(directory, 'missing')
    expect(await trustDirectory(missing)).toEqual({ source: missing, stores: {} })
  })

  it('refuses a policy of a later version rather than leave it unread', async () => {
    await put('trustpolicy.json', JSON.stringify(POLICY))
    await put('trustpolicy.sealwright.json', '{}')
    await expect(trustDirectory(directory)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
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
