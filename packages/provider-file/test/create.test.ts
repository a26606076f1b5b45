import { createPublicKey } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type KeyType, openSigner, verifySignature } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { fileKeys, type KeyEncryption } from '../src/index.ts'
import { cheap, idle, keyFolder, openssl, opensslPublicKey } from './key-folder.ts'

const folder = keyFolder()
const passphrase = async () => 'correct horse'
const message = new TextEncoder().encode('a message')

describe.each([
  'RSA-2048',
  'RSA-3072',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const)('a new key of type %s', type => {
  it('signs with each of its algorithms after it was written and opened again', async () => {
    const keys = fileKeys({ passphrase, encryption: cheap })
    const reference = await keys.admin.create({ reference: `file:${folder}/${type}.key`, type }, idle)
    const handle = await keys.open(reference, idle)
    const ids = Object.keys(handle.key.algorithms) as (keyof typeof handle.key.algorithms)[]
    expect(ids.length).toBe(type.startsWith('RSA') ? 6 : 1)
    for (const algorithm of ids) {
      await using signer = await openSigner(keys, reference, { algorithm })
      const { bytes } = await signer.sign(message)
      expect(verifySignature(algorithm, signer.key.publicKey, message, bytes)).toBe(true)
    }
  })
})

describe('a new key file', () => {
  it.each<[string, KeyEncryption | undefined, string[]]>([
    ['by default', undefined, ['PBKDF2', 'INTEGER :0927C0', 'hmacWithSHA256', 'aes-256-cbc']],
    [
      'with scrypt',
      { kdf: 'scrypt' },
      ['scrypt', 'INTEGER :4000', 'INTEGER :08', 'INTEGER :01', 'aes-256-cbc'],
    ],
  ])('is encrypted %s so that openssl opens it', async (_, encryption, parameters) => {
    const keys = fileKeys({ passphrase, ...(encryption ? { encryption } : {}) })
    const path = join(folder, `openssl-${encryption ? 'scrypt' : 'pbkdf2'}.key`)
    await keys.admin.create({ reference: `file:${path}`, type: 'EC-P256' }, idle)
    const parsed = openssl(['asn1parse', '-in', path]).replace(/ +:/g, ' :')
    expect(parameters.filter(parameter => !parsed.includes(parameter))).toEqual([])
    await using signer = await openSigner(keys, `file:${path}`)
    expect(opensslPublicKey(path, 'correct horse')).toEqual(signer.key.publicKey)
    expect(() => opensslPublicKey(path, 'wrong')).toThrow()
  })

  it('has mode 0600 whatever the umask, in a directory of mode 0700 when that is new', async () => {
    const keys = fileKeys({ passphrase, encryption: cheap })
    const path = join(folder, 'new', 'deep', 'a.key')
    await keys.admin.create({ reference: `file:${path}`, type: 'Ed25519' }, idle)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'new', 'deep')).mode & 0o777).toBe(0o700)
    expect(readdirSync(join(folder, 'new', 'deep'))).toEqual(['a.key'])
  })

  it('is in clear text only when that was chosen', async () => {
    const path = join(folder, 'clear.key')
    await fileKeys({ encryption: 'none' }).admin.create({ reference: `file:${path}`, type: 'EC-P256' }, idle)
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
    expect(opensslPublicKey(path)).toEqual(
      new Uint8Array(createPublicKey(text).export({ type: 'spki', format: 'der' })),
    )
    const without = fileKeys().admin.create({ reference: `file:${folder}/none.key`, type: 'EC-P256' }, idle)
    await expect(without).rejects.toMatchObject({ code: 'VALIDATION', why: 'no callback can ask for it' })
    expect(existsSync(join(folder, 'none.key'))).toBe(false)
  })

  it('never replaces what is there: a file, a directory, a link to nothing', async () => {
    const keys = fileKeys({ passphrase, encryption: cheap })
    const file = join(folder, 'mine.key')
    writeFileSync(file, 'precious')
    mkdirSync(join(folder, 'dir.key'))
    symlinkSync('/nowhere', join(folder, 'link.key'))
    for (const name of ['mine.key', 'dir.key', 'link.key']) {
      const creating = keys.admin.create({ reference: `file:${folder}/${name}`, type: 'Ed25519' }, idle)
      await expect(creating).rejects.toMatchObject({ code: 'VALIDATION' })
    }
    expect(readFileSync(file, 'utf8')).toBe('precious')
  })

  it('is not replaced by a second one that is made at the same time', async () => {
    const keys = fileKeys({ passphrase, encryption: cheap })
    const spec = { reference: `file:${folder}/race.key`, type: 'Ed25519' } as const
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => keys.admin.create(spec, idle)))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'VALIDATION' })
    }
    expect(readdirSync(folder).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('leaves nothing behind when its directory cannot be written', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write everywhere')
    const locked = join(folder, 'locked')
    mkdirSync(locked, { mode: 0o500 })
    const creating = fileKeys({ passphrase, encryption: cheap }).admin.create(
      { reference: `file:${locked}/a.key`, type: 'Ed25519' },
      idle,
    )
    await expect(creating).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    chmodSync(locked, 0o700)
    expect(readdirSync(locked)).toEqual([])
  })

  it('is not made after an abort, not even while its key is derived', async () => {
    const path = join(folder, 'aborted.key')
    const controller = new AbortController()
    const reason = new Error('stop')
    const creating = fileKeys({
      passphrase,
      encryption: { kdf: 'pbkdf2', iterations: 10_000_000 },
    }).admin.create({ reference: `file:${path}`, type: 'Ed25519' }, { signal: controller.signal })
    setTimeout(() => controller.abort(reason), 20)
    const started = performance.now()
    await expect(creating).rejects.toBe(reason)
    // Ten million rounds would take longer than this.
    expect(performance.now() - started).toBeLessThan(4_000)
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ['an HSM', { type: 'Ed25519', protection: 'hsm' }, 'UNSUPPORTED'],
    ['an algorithm of another type', { type: 'Ed25519', algorithm: 'ES256' }, 'VALIDATION'],
    ['an unknown algorithm', { type: 'Ed25519', algorithm: 'EdDSA' }, 'VALIDATION'],
    ['an unknown type', { type: 'RSA-1024' as KeyType }, 'VALIDATION'],
    ['no type', { type: undefined as never }, 'VALIDATION'],
  ] as const)('is refused with %s', async (_, spec, code) => {
    const keys = fileKeys({ passphrase, encryption: cheap })
    const creating = keys.admin.create({ reference: `file:${folder}/refused.key`, ...spec } as never, idle)
    await expect(creating).rejects.toMatchObject({ code })
    expect(existsSync(join(folder, 'refused.key'))).toBe(false)
  })

  it.each([
    ['empty', async () => ''],
    ['missing', async () => undefined],
    ['no text', async () => 7 as never],
  ])('is refused with a passphrase that is %s', async (_, ask) => {
    const creating = fileKeys({ passphrase: ask, encryption: cheap }).admin.create(
      { reference: `file:${folder}/refused.key`, type: 'Ed25519' },
      idle,
    )
    await expect(creating).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

it.each([
  { kdf: 'pbkdf2', iterations: 1_000 },
  { kdf: 'pbkdf2', iterations: 20_000_000 },
  { kdf: 'pbkdf2', iterations: 10_000.5 },
  { kdf: 'argon2id' } as never,
] as KeyEncryption[])('an encryption of new files that cannot be is refused at once: %j', encryption => {
  expect(() => fileKeys({ encryption })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
})
