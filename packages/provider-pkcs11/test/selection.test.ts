import { openSigner } from '@sealwright/core'
import { expect, it } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken } from './fake-token.ts'

function store() {
  const first = new FakeToken({ label: 'ACME', serial: '1', model: 'A' })
  const second = new FakeToken({ label: 'ACME', serial: '2', model: 'B', manufacturer: 'Other' })
  const blank = new FakeToken({ label: 'ACME', serial: '3' })
  blank.flags &= ~0x400
  for (const token of [first, second])
    token.addKey('Ed25519', { label: 'release', id: Buffer.from(token.serial) })
  const module = new FakeModule(blank, first, second)
  return { module, first, second, keys: pkcs11({ module, pin: async () => first.pin }) }
}

it.each([
  'serial=2',
  'token=ACME;serial=2',
  'model=B',
  'manufacturer=Other',
  'slot-id=3',
  'token=ACME;id=2',
  'library-description=In%20memory;library-version=3;serial=2',
  'library-manufacturer=Fake%20Tokens;library-version=3.2;slot-description=Fake%20slot;slot-manufacturer=Fake%20Slots;serial=2',
])('finds the key of pkcs11:%s', async attributes => {
  const { keys, second, module } = store()
  if (attributes.includes('id=2') && !attributes.includes('slot')) module.slots.delete(2)
  await using signer = await openSigner(keys, `pkcs11:${attributes};object=release`)
  const [{ attributes: publicKey }] = [...second.objects.values()] as [{ attributes: Map<number, Buffer> }]
  expect(Buffer.from(signer.key.publicKey.subarray(-32))).toEqual(publicKey.get(0x181)!.subarray(2))
})

it('names the tokens that a reference fits, and asks for no PIN', async () => {
  const { keys, module } = store()
  const error = await rejected(openSigner(keys, 'pkcs11:token=ACME;object=release'))
  expect(error).toMatchObject({ code: 'VALIDATION', why: '"ACME" (serial 1), "ACME" (serial 2)' })
  expect(module.countOf('C_Login')).toBe(0)
})

it.each(['token=acme', 'token=ACM', 'serial=3', 'slot-id=9', 'library-version=2'])(
  'says NOT_FOUND of the token %s, and which there are',
  async attributes => {
    const { keys } = store()
    const error = await rejected(openSigner(keys, `pkcs11:${attributes};object=release`))
    expect(error).toMatchObject({ code: 'NOT_FOUND', why: expect.stringContaining('"ACME" (serial 1)') })
  },
)

it('passes over a token that is removed while it looks', async () => {
  const { keys, module } = store()
  const restore = module.inject('C_GetTokenInfo', { rv: 'CKR_TOKEN_NOT_PRESENT', count: 2 })
  await using signer = await openSigner(keys, 'pkcs11:object=release')
  restore()
  expect(signer.algorithm.id).toBe('Ed25519')
})

it('names the keys that a reference fits', async () => {
  const { keys, first } = store()
  first.addKey('Ed25519', { label: 'release', id: Buffer.of(0xab) })
  const error = await rejected(openSigner(keys, 'pkcs11:serial=1;object=release'))
  expect(error).toMatchObject({
    code: 'VALIDATION',
    why: 'pkcs11:id=%31;object=release, pkcs11:id=%AB;object=release',
  })
  await using signer = await openSigner(keys, 'pkcs11:serial=1;id=%AB')
  expect(signer.key.reference).toBe('pkcs11:serial=1;id=%AB')
})

it('says NOT_FOUND, and for what it looked', async () => {
  const { keys } = store()
  const error = await rejected(openSigner(keys, 'pkcs11:serial=1;object=Release'))
  expect(error).toMatchObject({ code: 'NOT_FOUND', why: 'looked for pkcs11:object=Release' })
})

it('tells pairs apart that share an id by their label', async () => {
  const token = new FakeToken()
  for (const label of ['one', 'two']) token.addKey('Ed25519', { id: Buffer.of(1), label })
  const keys = pkcs11({ module: new FakeModule(token), pin: async () => token.pin })
  await using signer = await openSigner(keys, 'pkcs11:id=%01;object=two')
  expect((await signer.sign(Buffer.from('hello'))).bytes).toHaveLength(64)
})

it('says how an id in hexadecimal is written, where that is a key', async () => {
  const { keys, first } = store()
  first.addKey('Ed25519', { label: 'hex', id: Buffer.from('01ab', 'hex') })
  const missing = async (id: string) => rejected(openSigner(keys, `pkcs11:serial=1;id=${id}`))
  expect(await missing('01ab')).toMatchObject({
    code: 'NOT_FOUND',
    fix: 'write id=%01%AB: an id is percent-encoded, not in hexadecimal',
  })
  expect(await missing('02')).toMatchObject({
    code: 'NOT_FOUND',
    fix: expect.stringContaining('correct the reference'),
  })
})
