import { execFileSync } from 'node:child_process'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KeyType, type ListedKey, openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken, type FakeTokenOptions, pairOf } from './fake-token.ts'
import { errorOf } from './rv.ts'

const call = { signal: new AbortController().signal }
const message = Buffer.from('hello')
const folder = mkdtempSync(join(tmpdir(), 'sealwright-pkcs11-'))
afterAll(() => rmSync(folder, { recursive: true }))

function store(options: FakeTokenOptions = {}) {
  const token = new FakeToken(options)
  const module = new FakeModule(token)
  const keys = pkcs11({ module, pin: async () => token.pin })
  return { token, module, keys, admin: keys.admin! }
}

async function listed(keys: AsyncIterable<ListedKey>): Promise<ListedKey[]> {
  const found: ListedKey[] = []
  for await (const key of keys) found.push(key)
  return found
}

async function all(keys: AsyncIterable<ListedKey>): Promise<string[]> {
  return (await listed(keys)).map(({ reference }) => reference)
}

const hasMlDsa = Number(process.versions.openssl.split('.')[1]) >= 5
const TYPES: readonly KeyType[] = [
  'RSA-2048',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  ...(hasMlDsa ? (['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const) : []),
]

describe('create', () => {
  it.each(TYPES)('makes a key of %s that never leaves the token, and signs', async type => {
    const { admin, keys, token, module } = store()
    const reference = await admin.create(
      { reference: 'pkcs11:token=ACME;object=Rel ease'.replace(' ', '%20'), type },
      call,
    )
    expect(reference).toMatch(/^pkcs11:token=ACME;serial=0042;id=(%[0-9A-F]{2}){16};object=Rel%20ease$/)
    const algorithm = type === 'RSA-2048' ? 'RS256' : undefined
    await using signer = await openSigner(keys, reference, algorithm && { algorithm })
    expect((await signer.sign(message)).bytes.length).toBeGreaterThan(0)
    const { attributes } = [...token.objects.values()].find(({ key }) => key !== undefined)!
    const flags = [0x1, 0x2, 0x103, 0x162, 0x108].map(each => attributes.get(each)?.[0])
    expect(flags).toEqual([1, 1, 1, 0, 1])
    expect([0x105, 0x107, 0x10c].map(each => attributes.get(each)?.[0] ?? 0)).toEqual([0, 0, 0])
    expect([...module.sessions.values()].filter(({ writable }) => writable)).toEqual([])
  })

  it('takes the id that is given, and needs no label', async () => {
    const { admin } = store()
    const reference = await admin.create({ reference: 'pkcs11:id=%01%02', type: 'EC-P256' }, call)
    expect(reference).toBe('pkcs11:token=ACME;serial=0042;id=%01%02')
  })

  it.each(['pkcs11:object=taken', 'pkcs11:id=%07', 'pkcs11:id=%07;object=new', 'pkcs11:id=%08;object=taken'])(
    'does not make %s where there is such a key',
    async reference => {
      const { admin, token, module } = store()
      token.addKey('EC-P256', { id: Buffer.of(7), label: 'taken' })
      expect((await rejected(admin.create({ reference, type: 'EC-P256' }, call))).code).toBe('VALIDATION')
      expect(module.countOf('C_GenerateKeyPairAsync')).toBe(0)
    },
  )

  it.each([
    [{ type: 'EC-P256', algorithm: 'ES384' }, {}, 'VALIDATION'],
    [{ type: 'DSA' as KeyType }, {}, 'VALIDATION'],
    [{ type: 'EC-P256', protection: 'hsm' }, { hardware: false }, 'UNSUPPORTED'],
    [{ type: 'EC-P256', protection: 'software' }, { hardware: true }, 'UNSUPPORTED'],
    [{ type: 'Ed25519' }, { without: [0x1055] }, 'UNSUPPORTED'],
  ] as const)('refuses %j on a token with %j', async (spec, options, code) => {
    const { admin, module } = store(options)
    const error = await rejected(admin.create({ reference: 'pkcs11:object=k', ...spec }, call))
    expect(error.code).toBe(code)
    expect(module.countOf('C_GenerateKeyPairAsync')).toBe(0)
  })

  it('does not trust a token that made the key extractable', async () => {
    const { admin, module } = store()
    module.inject('C_GetAttributeValue', { damage: (value, type) => (type === 0x162 ? Buffer.of(1) : value) })
    const error = await rejected(admin.create({ reference: 'pkcs11:object=k', type: 'EC-P256' }, call))
    expect(error.code).toBe('INTEGRITY')
  })

  it('does not make a second key when the token is lost on the way', async () => {
    const { admin, module } = store()
    module.inject('C_GenerateKeyPairAsync', { rv: 'CKR_DEVICE_REMOVED' })
    const error = await rejected(admin.create({ reference: 'pkcs11:object=k', type: 'EC-P256' }, call))
    expect(error.code).toBe('UNAVAILABLE')
    expect(module.countOf('C_GenerateKeyPairAsync')).toBe(1)
  })
})

describe('a token that is taken out and put back', () => {
  it.each(['while it makes a key', 'when it made a key', 'when all is done'])(
    '%s is not asked for a second one',
    async when => {
      const { admin, module, token } = store()
      // Its sessions do not come back with it.
      const reinsert = () => module.insertToken(1, module.removeToken(1))
      const make = module.C_GenerateKeyPairAsync.bind(module)
      module.C_GenerateKeyPairAsync = async (...args) => {
        const pair = await make(...args)
        if (when !== 'when all is done') reinsert()
        if (when === 'while it makes a key') throw errorOf('CKR_DEVICE_REMOVED')
        return pair
      }
      const close = module.C_CloseSession.bind(module)
      module.C_CloseSession = session => {
        if (module.sessions.get(session.toString('hex'))?.writable) reinsert()
        close(session)
      }
      const creation = admin.create({ reference: 'pkcs11:object=k', type: 'EC-P256' }, call)
      if (when === 'when all is done') expect(await creation).toContain('object=k')
      else
        expect(await rejected(creation)).toMatchObject({
          code: 'UNAVAILABLE',
          why: expect.stringContaining('may have been made'),
        })
      expect([...token.objects.values()].filter(({ key }) => key !== undefined)).toHaveLength(1)
    },
  )
})

describe('list', () => {
  it('gives references that open, of the keys that may sign', async () => {
    const { admin, keys, token } = store()
    token.addKey('Ed25519', { id: Buffer.of(1), label: 'release 1' })
    token.addKey('Ed25519', { id: Buffer.of(2), label: 'release 2' })
    token.addKey('Ed25519', { id: Buffer.of(3), privateAttributes: [{ type: 0x108, value: false }] })
    token.addKey('Ed25519', { id: Buffer.of(4), label: 'other' })
    const every = await all(admin.list({}, call))
    expect(every).toEqual([
      'pkcs11:token=ACME;serial=0042;id=%01;object=release%201',
      'pkcs11:token=ACME;serial=0042;id=%02;object=release%202',
      'pkcs11:token=ACME;serial=0042;id=%04;object=other',
    ])
    for (const reference of every) expect((await keys.open(reference, call)).key.reference).toBe(reference)
    const some = await all(admin.list({ prefix: 'pkcs11:token=ACME;object=rel' }, call))
    expect(some).toEqual(every.slice(0, 2))
    for (const prefix of ['pkcs11:token=Other', 'pkcs11:token=ACME;object=none', 'pkcs11:id=%09']) {
      await expect(all(admin.list({ prefix }, call))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
  })

  it('tells type, algorithms and protection of a key', async () => {
    const { admin, token } = store()
    token.addKey('EC-P256', { id: Buffer.of(1) })
    const [key] = await listed(admin.list({}, call))
    expect(key).toEqual({
      reference: 'pkcs11:token=ACME;serial=0042;id=%01',
      type: 'EC-P256',
      algorithms: ['ES256'],
      state: 'enabled',
      protection: 'hsm',
    })
  })

  it('finds more keys than a module gives at once', async () => {
    const { admin, token } = store()
    for (let id = 0; id < 130; id++) token.addKey('Ed25519', { id: Buffer.of(id) })
    expect(await all(admin.list({}, call))).toHaveLength(130)
  })
})

describe('certificates', () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })

  /** A chain of three for the public key of a token's key, made by openssl. */
  function chainFor(publicKey: Uint8Array, name: string, days = '30'): Uint8Array[] {
    const ca = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-addext',
      'basicConstraints=critical,CA:TRUE',
    ]
    openssl(
      'req',
      '-x509',
      ...ca,
      '-keyout',
      `${name}-root.key`,
      '-out',
      `${name}-root.crt`,
      '-subj',
      `/CN=${name} root`,
    )
    openssl('req', ...ca, '-keyout', `${name}-mid.key`, '-out', `${name}-mid.csr`, '-subj', `/CN=${name} mid`)
    const by = (issuer: string) => [
      '-CA',
      `${name}-${issuer}.crt`,
      '-CAkey',
      `${name}-${issuer}.key`,
      '-days',
      days,
    ]
    writeFileSync(join(folder, 'ca.ext'), 'basicConstraints=critical,CA:TRUE')
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}-mid.csr`,
      ...by('root'),
      '-out',
      `${name}-mid.crt`,
      '-extfile',
      'ca.ext',
    )
    const pem = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    writeFileSync(join(folder, `${name}.pub`), pem.export({ type: 'spki', format: 'pem' }))
    const leaf = ['-force_pubkey', `${name}.pub`, '-in', `${name}-mid.csr`, '-subj', `/CN=${name}`]
    openssl('x509', '-req', ...leaf, ...by('mid'), '-out', `${name}.crt`)
    return [name, `${name}-mid`, `${name}-root`].map(each =>
      Uint8Array.from(new X509Certificate(readFileSync(join(folder, `${each}.crt`))).raw),
    )
  }

  it('are attached, and read as a chain, leaf first', async () => {
    const { admin, keys, token } = store()
    const reference = await admin.create({ reference: 'pkcs11:object=release', type: 'EC-P256' }, call)
    const handle = await keys.open(reference, call)
    expect(await handle.certificates!(call)).toEqual([])
    const chain = chainFor(handle.key.publicKey, 'first')
    await admin.attachCertificates!(reference, chain, call)
    expect(await handle.certificates!(call)).toEqual(chain)
    const before = token.objects.size
    await admin.attachCertificates!(reference, chain, call)
    expect(token.objects.size).toBe(before)
    const leaf = [...token.objects.values()].find(({ attributes }) =>
      attributes.get(0x11)?.equals(chain[0]!),
    )!
    const issuer = new X509Certificate(chain[1]!).raw
    expect(issuer.includes(leaf.attributes.get(0x81)!)).toBe(true)
    expect(Buffer.from(chain[0]!).includes(leaf.attributes.get(0x82)!)).toBe(true)
  })

  it('of a renewed key take the place of the former leaf', async () => {
    const { admin, keys, token } = store()
    const id = token.addKey('EC-P256', { label: 'release' })
    const handle = await keys.open('pkcs11:object=release', call)
    const [former, next] = ['former', 'next'].map(name => chainFor(handle.key.publicKey, name))
    await admin.attachCertificates!('pkcs11:object=release', former!, call)
    await admin.attachCertificates!('pkcs11:object=release', next!, call)
    expect(await handle.certificates!(call)).toEqual(next)
    const ofKey = [...token.objects.values()].filter(
      ({ attributes }) =>
        attributes.get(0x0)!.equals(Buffer.from('0100000000000000', 'hex')) &&
        attributes.get(0x102)!.equals(id),
    )
    expect(ofKey).toHaveLength(1)
  })

  it('are found by their public key where a tool gave them another CKA_ID, and alone without issuers', async () => {
    const { keys, token } = store()
    const id = token.addKey('EC-P256', { label: 'release' })
    const handle = await keys.open('pkcs11:object=release', call)
    const [older, newer] = ['elsewhere', 'elsewhere-2'].map(name => chainFor(handle.key.publicKey, name))
    const spki = createPublicKey(pairOf('EC-P256').privateKey).export({ type: 'spki', format: 'der' })
    const [other] = chainFor(spki, 'of-another')
    token.addCertificate(new X509Certificate(other!), Buffer.of(8))
    token.addCertificate(new X509Certificate(older![0]!), Buffer.of(9))
    expect(await handle.certificates!(call)).toEqual([older![0]])
    token.addCertificate(new X509Certificate(newer![0]!), id)
    expect(await handle.certificates!(call)).toEqual([newer![0]])
  })

  it('tell the public key where nothing else does', async () => {
    const { keys, token } = store()
    const { privateKey } = pairOf('EC-P256')
    const id = Buffer.of(1)
    token.addPair(privateKey, [{ type: 0x102, value: id }], { withoutPublicKey: true })
    const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
    const [leaf] = chainFor(spki, 'card')
    token.addCertificate(new X509Certificate(leaf!), id)
    await using signer = await openSigner(keys, 'pkcs11:id=%01')
    expect((await signer.sign(message)).bytes).toHaveLength(64)
  })

  it('of another key are KEY_MISMATCH, and what is none is VALIDATION', async () => {
    const { admin, token, module } = store()
    token.addKey('EC-P256', { label: 'release' })
    const spki = createPublicKey(pairOf('EC-P256').privateKey).export({ type: 'spki', format: 'der' })
    const attach = (chain: Uint8Array[]) => admin.attachCertificates!('pkcs11:object=release', chain, call)
    expect((await rejected(attach(chainFor(spki, 'foreign')))).code).toBe('KEY_MISMATCH')
    expect((await rejected(attach([]))).code).toBe('VALIDATION')
    expect((await rejected(attach([new Uint8Array(9)]))).code).toBe('VALIDATION')
    expect(module.countOf('C_CreateObject')).toBe(0)
  })
})
