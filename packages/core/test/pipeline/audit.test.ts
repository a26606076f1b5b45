import { expect, it } from 'vitest'
import { type AuditRecord, fingerprint, openSigner, SealwrightError } from '../../src/index.ts'
import { fakeStore } from '../fake-store.ts'

const accepts = { Ed25519: { message: 100 } } as const
const message = Uint8Array.of(1)
const store = () => fakeStore({ type: 'Ed25519', accepts })

it('a signature is released after its record was accepted, and the record holds it', async () => {
  const records: AuditRecord[] = []
  let accept = () => {}
  const audit = (record: AuditRecord) =>
    new Promise<void>(resolve => {
      records.push(record)
      accept = resolve
    })
  await using signer = await openSigner(store(), 'fake:key', { audit })
  let released = false
  const signing = signer.sign(message).then(signature => {
    released = true
    return signature
  })
  await expect.poll(() => records.length).toBe(1)
  expect(released).toBe(false)
  accept()
  const signature = await signing
  expect(records).toEqual([
    { reference: 'fake:key', fingerprint: fingerprint(signer.key.publicKey), signature },
  ])
})

it('a signature whose record is refused is withheld', async () => {
  const audit = async () => {
    throw new Error('disk full, token canary')
  }
  await using signer = await openSigner(store(), 'fake:key', { audit })
  const error = await signer.sign(message).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'UNAVAILABLE', cause: { name: 'Error' } })
  expect(String(error)).not.toContain('canary')
})

it('a recorder that throws synchronously, or a SealwrightError, is handled alike', async () => {
  const throwing = () => {
    throw new Error('x')
  }
  await using first = await openSigner(store(), 'fake:key', { audit: throwing })
  await expect(first.sign(message)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const denied = new SealwrightError('ACCESS_DENIED', 'no right to append')
  await using second = await openSigner(store(), 'fake:key', { audit: () => Promise.reject(denied) })
  await expect(second.sign(message)).rejects.toBe(denied)
})
