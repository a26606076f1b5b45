import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isSealwrightError, type KeyProvider, openSigner, verifySignature } from '@sealwright/core'
import { issueCertificate } from '@sealwright/x509'
import { expect, it } from 'vitest'
import { pkcs11 } from '../../packages/provider-pkcs11/src/index.ts'
import { loadCounted } from '../../packages/provider-pkcs11/test/real-harness.ts'
import { kryopticToken } from '../services/kryoptic.ts'
import { nssToken } from '../services/nss.ts'
import { succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { pkcs11Tool, softHsmToken, type TestToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'

const message = Buffer.from('hello')
const call = { signal: new AbortController().signal }

/** A module, once installed, takes time to start; nightly, kryoptic is built first. */
const timeout = process.env.SEALWRIGHT_SLOW_TESTS ? 3_600_000 : 300_000

const softHsm = shared(softHsmToken)
const kryoptic = shared(kryopticToken)
const nss = shared(nssToken)

function keysOf(
  { modulePath, libraryParameters, pin }: TestToken,
  given = pin,
): KeyProvider & AsyncDisposable {
  const options = { modulePath, pin: async () => given, ...(libraryParameters && { libraryParameters }) }
  return pkcs11(options)
}

function uri({ label }: TestToken, rest: string): string {
  return `pkcs11:token=${encodeURIComponent(label)};${rest}`
}

async function tool(context: Skips, token: TestToken, ...args: string[]): Promise<string> {
  const path = need(context, await pkcs11Tool())
  const login = ['--token-label', token.label, '--login', '--pin', token.pin]
  return succeed(path, ['--module', token.modulePath, ...login, ...args])
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    reason => reason,
  )
  return isSealwrightError(error) ? [error.code, error.why] : error
}

it.for([
  ['rsa:2048', '01', 'PS256'],
  ['EC:prime256v1', '02', 'ES256'],
  ['EC:edwards25519', '03', 'Ed25519'],
] as const)(
  'signs with a key of %s that pkcs11-tool made',
  { timeout },
  async ([type, id, algorithm], context) => {
    const token = await softHsm(context)
    const made = ['--key-type', type, '--id', id, '--label', `theirs ${id}`, '--usage-sign']
    await tool(context, token, '--keypairgen', ...made)
    await using keys = keysOf(token)
    await using signer = await openSigner(keys, uri(token, `id=%${id}`), { algorithm })
    const { bytes } = await signer.sign(message)
    const file = join(await scratch('pkcs11'), 'public')
    await tool(context, token, '--read-object', '--type', 'pubkey', '--id', id, '-o', file)
    const read = await readFile(file)
    // pkcs11-tool 0.23 writes Ed25519 as PEM, all else as DER.
    const theirs =
      read[0] === 0x30 ? createPublicKey({ key: read, format: 'der', type: 'spki' }) : createPublicKey(read)
    expect(Buffer.from(signer.key.publicKey)).toEqual(theirs.export({ type: 'spki', format: 'der' }))
    expect(verifySignature(algorithm, theirs, message, bytes)).toBe(true)
  },
)

it('signs with a key that was imported into SoftHSM, and openssl verifies', { timeout }, async context => {
  const token = await softHsm(context)
  const folder = await scratch('pkcs11')
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 3072 })
  await writeFile(join(folder, 'key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  await writeFile(join(folder, 'public'), publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(join(folder, 'message'), message)
  const names = ['--token', token.label, '--pin', token.pin, '--label', 'imported', '--id', '0a0b']
  await succeed('softhsm2-util', ['--import', join(folder, 'key'), ...names])
  await using keys = keysOf(token)
  await using signer = await openSigner(keys, uri(token, 'object=imported'), { algorithm: 'PS384' })
  await writeFile(join(folder, 'signature'), (await signer.sign(message)).bytes)
  const pss = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']
  const args = ['dgst', '-sha384', ...pss, '-verify', 'public', '-signature', 'signature', 'message']
  expect(await succeed('openssl', args, { cwd: folder })).toContain('Verified OK')
})

it.for([
  ['SoftHSM', softHsm],
  ['NSS softoken', nss],
  ['kryoptic', kryoptic],
] as const)(
  'makes a key that %s does not give away, and lists it',
  { timeout },
  async ([, start], context) => {
    const token = await start(context)
    await using keys = keysOf(token)
    const reference = await keys.admin!.create(
      { reference: uri(token, 'object=kept'), type: 'EC-P384' },
      call,
    )
    const listed: string[] = []
    for await (const { reference } of keys.admin!.list({ prefix: uri(token, 'object=kept') }, call)) {
      listed.push(reference)
    }
    expect(listed).toEqual([reference])
    await using signer = await openSigner(keys, reference)
    expect((await signer.sign(message)).bytes).toHaveLength(96)
    const { module } = await loadCounted(token.modulePath)
    const slot = module
      .C_GetSlotList(true)
      .find(each => module.C_GetTokenInfo(each).label.trimEnd() === token.label)!
    const session = module.C_OpenSession(slot, 4)
    module.C_FindObjectsInit(session, [
      { type: 0x0, value: 3 },
      { type: 0x3, value: 'kept' },
    ])
    const [object] = module.C_FindObjects(session, 2)
    module.C_FindObjectsFinal(session)
    expect(() => module.C_GetAttributeValue(session, object!, [{ type: 0x11 }])).toThrow(
      'CKR_ATTRIBUTE_SENSITIVE',
    )
    module.C_CloseSession(session)
  },
)

it.for([
  ['SoftHSM', softHsm],
  ['NSS softoken', nss],
  ['kryoptic', kryoptic],
] as const)(
  'keeps a chain on %s, its certificate signed by the key itself',
  { timeout },
  async ([, start], context) => {
    const token = await start(context)
    await using keys = keysOf(token)
    const reference = await keys.admin!.create(
      { reference: uri(token, 'object=certified'), type: 'EC-P256' },
      call,
    )
    await using signer = await openSigner(keys, reference)
    const now = Date.now()
    const certificate = await issueCertificate({
      subject: 'CN=certified,O=Test,C=DE',
      signer,
      notBefore: new Date(now - 60_000),
      notAfter: new Date(now + 86_400_000),
    })
    await keys.admin!.attachCertificates!(reference, [certificate.der], call)
    expect(await signer.certificates!()).toEqual([Uint8Array.from(certificate.der)])
    expect(
      new X509Certificate(certificate.der).verify(
        createPublicKey({ key: Buffer.from(signer.key.publicKey), format: 'der', type: 'spki' }),
      ),
    ).toBe(true)
  },
)

it('says that few tries are left when SoftHSM does', { timeout }, async context => {
  const token = await softHsm(context)
  await using wrong = keysOf(token, 'wrong-pin-1')
  const open = () => codeOf(wrong.open(uri(token, 'object=any'), call))
  expect(await open()).toEqual(['PIN_INCORRECT', 'tried once; few tries are left'])
  expect(await open()).toEqual(['PIN_INCORRECT', 'it was refused before and was not tried again'])
})

it('says PIN_LOCKED when kryoptic has locked the PIN', { timeout }, async context => {
  // The last test: the module, once started, knows this one token.
  const token = await kryoptic(context)
  const codes: unknown[] = []
  for (let time = 0; time < 12; time++) {
    await using wrong = keysOf(token, `wrong-pin-${time}`)
    const [code] = (await codeOf(wrong.open(uri(token, 'object=any'), call))) as unknown[]
    codes.push(code)
  }
  expect(codes[0]).toBe('PIN_INCORRECT')
  expect(codes.at(-1)).toBe('PIN_LOCKED')
})
