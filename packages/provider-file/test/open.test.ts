import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { algorithms, openSigner, verifySignature } from '@sealwright/core'
import { der, encodePem } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { fileKeys } from '../src/index.ts'
import { idle, keyFile, keyFolder, openssl, opensslPublicKey } from './key-folder.ts'

const folder = keyFolder()
const canary = 'canary-passphrase-4711'
const passphrase = async () => canary
const message = new TextEncoder().encode('a message')

const p256 = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'])
const topk8 = (...options: string[]) =>
  openssl(['pkcs8', '-topk8', '-passout', `pass:${canary}`, ...options], p256)

describe('a file that openssl made is opened', () => {
  it.each([
    ['PKCS#8', () => p256],
    ['PKCS#8 with PBKDF2-HMAC-SHA-256 and AES-256', () => topk8('-v2', 'aes256', '-v2prf', 'hmacWithSHA256')],
    ['PKCS#8 with PBKDF2-HMAC-SHA-512 and AES-128', () => topk8('-v2', 'aes128', '-v2prf', 'hmacWithSHA512')],
    ['PKCS#8 with PBKDF2-HMAC-SHA-384 and AES-192', () => topk8('-v2', 'aes192', '-v2prf', 'hmacWithSHA384')],
    ['PKCS#8 with PBKDF2-HMAC-SHA-1', () => topk8('-v2', 'aes256', '-v2prf', 'hmacWithSHA1')],
    ['PKCS#8 with 600 000 rounds', () => topk8('-v2', 'aes256', '-iter', '600000')],
    ['PKCS#8 with scrypt', () => topk8('-scrypt')],
    [
      'PKCS#8 with scrypt of other parameters',
      () => topk8('-scrypt', '-scrypt_N', '1024', '-scrypt_r', '16', '-scrypt_p', '2'),
    ],
    ['SEC1', () => openssl(['ec', '-no_public'], p256)],
    ['SEC1 with its parameters before it', () => openssl(['ecparam', '-name', 'secp384r1', '-genkey'])],
    ['SEC1 with a compressed point', () => openssl(['ec', '-conv_form', 'compressed'], p256)],
    ['PKCS#1', () => openssl(['genrsa', '-traditional', '2048'])],
    ['PKCS#8 of RSA', () => openssl(['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'])],
    ['PKCS#8 of Ed25519', () => openssl(['genpkey', '-algorithm', 'ED25519'])],
    ['PEM with its lines ended as on Windows', () => p256.replaceAll('\n', '\r\n')],
    ['PEM after a text', () => `This is my key.\n${p256}`],
  ])('%s', async (_, make) => {
    const path = keyFile(folder, make())
    const algorithm = /RSA|PKCS#1/.test(_) ? 'PS256' : undefined
    await using signer = await openSigner(fileKeys({ passphrase }), `file:${path}`, {
      ...(algorithm ? { algorithm } : {}),
    })
    const { bytes, algorithm: used } = await signer.sign(message)
    expect(verifySignature(used, signer.key.publicKey, message, bytes)).toBe(true)
    if (!_.includes('compressed')) expect(signer.key.publicKey).toEqual(opensslPublicKey(path, canary))
  })
})

/** A key and its certificate, as a browser or Windows exports them. */
function pkcs12(): Uint8Array {
  const [key, certificate] = [join(folder, 'p12.pem'), join(folder, 'p12.crt')]
  writeFileSync(key, p256)
  openssl(['req', '-x509', '-new', '-key', key, '-subj', '/CN=x', '-out', certificate])
  const args = ['pkcs12', '-export', '-inkey', key, '-in', certificate, '-passout', 'pass:x']
  return new Uint8Array(execFileSync('openssl', args))
}

describe('a file is refused', () => {
  const traditional = openssl(['ec', '-aes256', '-passout', `pass:${canary}`], p256)
  const rsa1024 = openssl(['genrsa', '-traditional', '1024'])
  const rsa2056 = generateKeyPairSync('rsa', { modulusLength: 2056 }).privateKey

  it.each([
    [
      'with the traditional encryption of openssl',
      traditional,
      'UNSUPPORTED',
      /openssl pkcs8 -topk8 .*-iter 600000/,
    ],
    ['with PBES1', topk8('-v1', 'PBE-SHA1-3DES'), 'UNSUPPORTED', /openssl pkcs8 -topk8/],
    ['with triple DES', topk8('-v2', 'des3'), 'UNSUPPORTED', /openssl pkcs8 -topk8/],
    ['with a weak RSA key', rsa1024, 'VALIDATION', /RSA-2048/],
    [
      'with an RSA key of an odd size',
      rsa2056.export({ type: 'pkcs8', format: 'pem' }),
      'UNSUPPORTED',
      /RSA-2048/,
    ],
    [
      'with a key of another curve',
      openssl(['ecparam', '-name', 'secp224r1', '-genkey', '-noout']),
      'UNSUPPORTED',
      /EC-P256/,
    ],
    ['with a key of another kind', openssl(['genpkey', '-algorithm', 'X25519']), 'UNSUPPORTED', /EC-P256/],
    [
      'with an OpenSSH key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n',
      'UNSUPPORTED',
      /ssh-keygen -p -m PKCS8/,
    ],
    [
      'with a cosign key',
      '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n',
      'UNSUPPORTED',
      undefined,
    ],
    ['with a public key', openssl(['pkey', '-pubout'], p256), 'VALIDATION', undefined],
    ['with two keys', p256 + p256, 'VALIDATION', /alone/],
    [
      'with a certificate beside the key',
      p256 + encodePem('CERTIFICATE', new Uint8Array(8)),
      'VALIDATION',
      /^openssl pkey -in .* && openssl crl2pkcs7/,
    ],
    ['with PKCS #12', pkcs12(), 'VALIDATION', /^openssl pkcs12 -in .* -nocerts/],
    ['with nothing in it', '', 'VALIDATION', undefined],
    ['with text', 'hello\n', 'VALIDATION', undefined],
    [
      'with DER',
      new Uint8Array(execFileSync('openssl', ['pkey', '-outform', 'DER'], { input: p256 })),
      'VALIDATION',
      /^openssl pkcs8 -topk8 -inform DER -in /,
    ],
    ['cut off', p256.slice(0, -40), 'VALIDATION', undefined],
    [
      'with other bytes in the key',
      '-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----\n',
      'VALIDATION',
      undefined,
    ],
    [
      'with other bytes in the encryption',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAMCAQA=\n-----END ENCRYPTED PRIVATE KEY-----\n',
      'VALIDATION',
      undefined,
    ],
    ['that is huge', Buffer.alloc(70_000, 'a'), 'VALIDATION', undefined],
  ] as const)('%s', async (_, content, code, fix) => {
    const error = await openSigner(fileKeys({ passphrase }), `file:${keyFile(folder, content)}`).catch(
      (thrown: unknown) => thrown as { fix?: string },
    )
    expect(error).toMatchObject({ name: 'SealwrightError', code })
    if (fix) expect((error as { fix?: string }).fix).toMatch(fix)
  })

  it('with a command that makes a key of it, also of a path with blanks', async () => {
    const path = join(folder, "it's a key.der")
    writeFileSync(path, execFileSync('openssl', ['pkey', '-outform', 'DER'], { input: p256 }), {
      mode: 0o600,
    })
    const error = await fileKeys()
      .open(`file:${path}`, idle)
      .catch((thrown: unknown) => thrown as { fix: string })
    const command = (error as { fix: string }).fix.replace('-out release.key', '-passout pass:x')
    const made = execFileSync('sh', ['-c', command], { encoding: 'utf8' })
    await fileKeys({ passphrase: async () => 'x' }).open(`file:${keyFile(folder, made)}`, idle)
  })

  it('by the name of its encryption', async () => {
    const path = keyFile(folder, topk8('-v1', 'PBE-SHA1-3DES'))
    await expect(fileKeys({ passphrase }).open(`file:${path}`, idle)).rejects.toMatchObject({
      why: expect.stringContaining('PKCS#12 encryption with SHA-1 and three-key triple DES'),
    })
  })

  it.each([
    ['more rounds than 10 million', pbkdf2(10_000_001)],
    ['no end of rounds', pbkdf2(2 ** 48)],
    ['more memory than 64 MiB', scrypt(2 ** 17, 8, 1)],
    ['more memory than there is', scrypt(2 ** 40, 2 ** 30, 1)],
    ['many lanes', scrypt(2 ** 14, 8, 2 ** 20)],
  ])('before its passphrase is asked for when it needs %s', async (_, kdf) => {
    let asked = 0
    const ask = async () => {
      asked++
      return 'x'
    }
    const path = keyFile(folder, encrypted(kdf))
    const opening = fileKeys({ passphrase: ask }).open(`file:${path}`, idle)
    await expect(opening).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `${path} costs too much to open`,
    })
    expect(asked).toBe(0)
  })

  it.each([
    ['no rounds', pbkdf2(0)],
    ['fewer rounds than none', pbkdf2(-1)],
    ['an odd scrypt cost', scrypt(1000, 8, 1)],
    ['no scrypt lanes', scrypt(1024, 8, 0)],
  ])('as VALIDATION when it names %s', async (_, kdf) => {
    const opening = fileKeys({ passphrase }).open(`file:${keyFile(folder, encrypted(kdf))}`, idle)
    await expect(opening).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

const salt = der.octetString(new Uint8Array(8))

function pbkdf2(iterations: number): Uint8Array {
  const prf = der.sequence(der.oid('1.2.840.113549.2.9'), der.nul())
  return der.sequence(der.oid('1.2.840.113549.1.5.12'), der.sequence(salt, der.integer(iterations), prf))
}

function scrypt(...parameters: number[]): Uint8Array {
  const numbers = parameters.map(parameter => der.integer(parameter))
  return der.sequence(der.oid('1.3.6.1.4.1.11591.4.11'), der.sequence(salt, ...numbers))
}

/** A file with AES-256-CBC around nothing, sound but for what `kdf` says. */
function encrypted(kdf: Uint8Array): string {
  const cipher = der.sequence(der.oid('2.16.840.1.101.3.4.1.42'), der.octetString(new Uint8Array(16)))
  const scheme = der.sequence(der.oid('1.2.840.113549.1.5.13'), der.sequence(kdf, cipher))
  return encodePem('ENCRYPTED PRIVATE KEY', der.sequence(scheme, der.octetString(new Uint8Array(32))))
}

describe('the passphrase', () => {
  const lockedFile = () => keyFile(folder, topk8('-v2', 'aes256'))

  it('that is wrong is PIN_INCORRECT', async () => {
    const opening = fileKeys({ passphrase: async () => 'wrong' }).open(`file:${lockedFile()}`, idle)
    await expect(opening).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
  })

  it('that was read from a file with the line break at its end is told so', async () => {
    const opening = fileKeys({ passphrase: async () => 'wrong\n' }).open(`file:${lockedFile()}`, idle)
    await expect(opening).rejects.toMatchObject({
      why: 'tried once; it ends with a line break, which counts',
    })
  })

  it('that is wrong is PIN_INCORRECT always, although one in 256 unpads well', async () => {
    const path = lockedFile()
    for (let n = 0; n < 600; n++) {
      const opening = fileKeys({ passphrase: async () => `wrong ${n}` }).open(`file:${path}`, idle)
      await expect(opening).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
    }
  })

  it('that was refused is not tried again, until the file has changed', async () => {
    const path = lockedFile()
    const keys = fileKeys({ passphrase: async () => 'wrong' })
    await expect(keys.open(`file:${path}`, idle)).rejects.toMatchObject({
      why: expect.stringContaining('tried once'),
    })
    await expect(keys.open(`file:${path}`, idle)).rejects.toMatchObject({
      code: 'PIN_INCORRECT',
      why: 'it was refused before and was not tried again',
    })
    writeFileSync(path, topk8('-v2', 'aes256'))
    await expect(keys.open(`file:${path}`, idle)).rejects.toMatchObject({
      why: expect.stringContaining('tried once'),
    })
  })

  it('that is missing is VALIDATION with what to do', async () => {
    const path = lockedFile()
    await expect(fileKeys().open(`file:${path}`, idle)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: `the passphrase of ${path} is needed`,
      why: 'no callback can ask for it',
      fix: 'give it by a prompt, a file or the environment',
    })
    const none = fileKeys({ passphrase: async () => undefined })
    await expect(none.open(`file:${path}`, idle)).rejects.toMatchObject({
      code: 'VALIDATION',
      why: 'none was given',
    })
  })

  it('may be given without a promise', async () => {
    const path = lockedFile()
    const late = fileKeys({ passphrase: () => 'wrong' }).open(`file:${path}`, idle)
    await expect(late).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
  })

  it('may be bytes, or empty', async () => {
    const bytes = Uint8Array.of(0xff, 0xfe, 0x01)
    const path = keyFile(folder, '')
    const secret = keyFile(folder, bytes)
    writeFileSync(path, openssl(['pkcs8', '-topk8', '-passout', `file:${secret}`], p256))
    await fileKeys({ passphrase: async () => bytes }).open(`file:${path}`, idle)
    expect(bytes).toEqual(Uint8Array.of(0xff, 0xfe, 0x01))
    const empty = fileKeys({ passphrase: async () => '' })
    await expect(empty.open(`file:${path}`, idle)).rejects.toMatchObject({ code: 'PIN_INCORRECT' })
  })

  it('is asked for once by users who open the file together, and again by a later one', async () => {
    let asked = 0
    const keys = fileKeys({
      passphrase: async ({ path: asking, purpose }) => {
        expect([asking, purpose]).toEqual([path, 'open'])
        asked++
        return canary
      },
    })
    const path = lockedFile()
    const signers = await Promise.all([1, 2, 3].map(() => openSigner(keys, `file:${path}`)))
    expect(asked).toBe(1)
    for (const signer of signers) await signer[Symbol.asyncDispose]()
    await using later = await openSigner(keys, `file:${path}`)
    expect(asked).toBe(2)
    await later.sign(message)
  })

  it('is in no error and in nothing that can be printed', async () => {
    const path = lockedFile()
    const told: unknown[] = []
    const good = fileKeys({ passphrase })
    const handle = await good.open(`file:${path}`, idle)
    told.push(good, handle, await openSigner(good, `file:${path}`))
    const wrong = fileKeys({ passphrase: async () => `${canary}x` })
    told.push(await wrong.open(`file:${path}`, idle).catch((error: unknown) => error))
    const failing = fileKeys({
      passphrase: () => {
        throw new Error(canary)
      },
    })
    const failure = await failing.open(`file:${path}`, idle).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'UNAVAILABLE' })
    told.push(failure)
    const printed = inspect(told, { depth: 20, showHidden: true, maxStringLength: null, getters: true })
    expect(printed).not.toContain(canary)
    expect(printed).not.toMatch(/PrivateKeyObject|PRIVATE KEY-----/)
    expect(JSON.stringify(handle)).not.toMatch(/private/i)
  })

  it('is not waited for after an abort', async () => {
    const controller = new AbortController()
    const keys = fileKeys({
      passphrase: async () => {
        controller.abort(new Error('stop'))
        return canary
      },
    })
    await expect(keys.open(`file:${lockedFile()}`, { signal: controller.signal })).rejects.toThrow('stop')
  })
})

describe('the file system', () => {
  it.each([0o640, 0o604, 0o620, 0o666])(
    'refuses nothing to us, but we refuse a file of mode %o',
    async mode => {
      const path = keyFile(folder, p256)
      chmodSync(path, mode)
      await expect(fileKeys().open(`file:${path}`, idle)).rejects.toMatchObject({
        code: 'VALIDATION',
        why: `its mode is 0${mode.toString(8)}`,
        fix: expect.stringMatching(new RegExp(`^chmod 600 ${path}, .*allowOthersToRead`)),
      })
      await fileKeys({ allowOthersToRead: true }).open(`file:${path}`, idle)
    },
  )

  it('may have a link to the key, whose own mode counts', async () => {
    const path = keyFile(folder, p256)
    const link = join(folder, 'link')
    symlinkSync(path, link)
    await using signer = await openSigner(fileKeys(), `file:${link}`)
    expect(signer.key.reference).toBe(`file:${link}`)
    chmodSync(path, 0o644)
    await expect(fileKeys().open(`file:${link}`, idle)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('has names for what goes wrong', async () => {
    const keys = oneAttempt(fileKeys())
    mkdirSync(join(folder, 'sub'))
    symlinkSync('round', join(folder, 'round'))
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const file = keyFile(folder, p256)
    for (const [path, code, why] of [
      [join(folder, 'missing.key'), 'NOT_FOUND', 'no such file or directory'],
      [join(file, 'below'), 'NOT_FOUND', 'a part of the path is not a directory'],
      [join(folder, 'sub'), 'VALIDATION', 'it is a directory'],
      [join(folder, 'pipe'), 'VALIDATION', 'it is not a regular file'],
      ['/dev/zero', 'VALIDATION', 'it is not a regular file'],
      [join(folder, 'round'), 'VALIDATION', 'its symbolic links lead back to themselves'],
      [join(folder, 'x'.repeat(300)), 'VALIDATION', 'the path is too long'],
    ] as const) {
      await expect(keys.open(`file:${path}`, idle)).rejects.toMatchObject({ code, why })
    }
    await expect(keys.open(`file:${folder}/~/a.key`, idle)).rejects.toMatchObject({
      fix: expect.stringContaining('$HOME'),
    })
  })
})

describe('a handle', () => {
  it('signs no digest, and nothing after it was released', async () => {
    const handle = await fileKeys().open(`file:${keyFile(folder, p256)}`, idle)
    const request = { algorithm: algorithms.ES256, bytes: new Uint8Array(32) }
    await expect(handle.signRaw({ ...request, input: 'digest' }, idle)).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await handle.signRaw({ ...request, input: 'message' }, idle)
    await handle[Symbol.asyncDispose]!()
    await handle[Symbol.asyncDispose]!()
    await expect(handle.signRaw({ ...request, input: 'message' }, idle)).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('keeps signing with the key it was opened with when the file is replaced or removed', async () => {
    const path = keyFile(folder, p256)
    const keys = fileKeys()
    await using first = await openSigner(keys, `file:${path}`)
    writeFileSync(path, openssl(['genpkey', '-algorithm', 'ED25519']))
    await using second = await openSigner(keys, `file:${path}`)
    rmSync(path)
    expect((await first.sign(message)).algorithm).toBe('ES256')
    expect((await second.sign(message)).algorithm).toBe('Ed25519')
  })

  it('signs a message of a megabyte and fifty at once', async () => {
    await using signer = await openSigner(fileKeys(), `file:${keyFile(folder, p256)}`)
    const large = Buffer.alloc(2 ** 20, 7)
    const { bytes } = await signer.sign(large)
    expect(verifySignature('ES256', signer.key.publicKey, large, bytes)).toBe(true)
    await Promise.all(Array.from({ length: 50 }, (_, index) => signer.sign(Uint8Array.of(index))))
  })

  it.each(['RSA-2048', 'ML-DSA-44'] as const)(
    'signs alone and together with a key of type %s',
    async type => {
      const keys = fileKeys({ encryption: 'none' })
      const reference = await keys.admin.create(
        { reference: `file:${folder}/together-${type}.key`, type },
        idle,
      )
      const algorithm = type === 'RSA-2048' ? 'PS256' : type
      await using signer = await openSigner(keys, reference, { algorithm })
      const messages = Array.from({ length: 20 }, (_, index) => Uint8Array.of(index))
      const alone = await signer.sign(message)
      const together = await Promise.all(messages.map(each => signer.sign(each)))
      expect(verifySignature(algorithm, signer.key.publicKey, message, alone.bytes)).toBe(true)
      for (const [index, { bytes }] of together.entries()) {
        expect(verifySignature(algorithm, signer.key.publicKey, messages[index]!, bytes)).toBe(true)
      }
    },
  )
})
