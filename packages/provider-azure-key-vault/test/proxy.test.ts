import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { openSigner } from '@sealwright/core'
import { afterAll, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { azureKeyVault } from '../src/index.ts'
import { chainFor } from './chain.ts'
import { fakeKeyVault } from './fake-key-vault.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

/** Leads every tunnel to the fake. */
const asked: string[] = []
const proxy = createServer()
proxy.on('connect', ({ url }, socket) => {
  asked.push(url!)
  const tunnel = connect(Number(new URL(fake.origin).port), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    socket.pipe(tunnel).pipe(socket)
  })
  for (const end of [tunnel, socket]) end.on('error', () => {})
})
proxy.listen(0, '127.0.0.1')
await once(proxy, 'listening')
afterAll(() => {
  proxy.close()
  proxy.closeAllConnections()
})

const proxyEnv = { HTTPS_PROXY: `127.0.0.1:${(proxy.address() as AddressInfo).port}` }

it('goes to the vault itself by the proxy of the environment, and trusts what it is told to', async () => {
  fake.state.addKey('Release', 'EC', { curve: 'P-256' })
  await using keys = oneAttempt(azureKeyVault({ credential: fake.credential(), ca: fake.ca, proxyEnv }))
  await using signer = await openSigner(keys, 'azurekms://unit.vault.azure.net/Release')
  expect((await signer.sign(Buffer.from('message'))).bytes).toHaveLength(64)
  expect(new Set(asked)).toEqual(new Set(['unit.vault.azure.net:443']))
})

it('reads the chain of a key by that proxy too', async () => {
  const key = fake.state.addKey('Chained', 'EC', { curve: 'P-256' })
  const chain = chainFor(key.key.privateKey)
  const secret = { value: chain.pem, contentType: 'application/x-pem-file' }
  key.certificate = { cer: chain.der[0]!, exportable: false, secret }
  const before = asked.length
  await using keys = oneAttempt(azureKeyVault({ credential: fake.credential(), ca: fake.ca, proxyEnv }))
  await using signer = await openSigner(keys, 'azurekms://unit.vault.azure.net/Chained')
  expect((await signer.certificates!()).map(bytes => Buffer.from(bytes))).toEqual(chain.der)
  expect(fake.calls('getSecret')).toBe(1)
  expect(new Set(asked.slice(before))).toEqual(new Set(['unit.vault.azure.net:443']))
})

it('goes to an endpoint directly where that is on this machine, and to a vault that NO_PROXY names', async () => {
  const before = asked.length
  const options = { credential: fake.credential(), ca: fake.ca }
  await using keys = oneAttempt(azureKeyVault({ ...options, endpoint: fake.origin, proxyEnv }))
  await openSigner(keys, 'azurekms://unit.vault.azure.net/Release')
  await using direct = oneAttempt(
    azureKeyVault({ ...options, proxyEnv: { ...proxyEnv, NO_PROXY: 'vault.azure.net' } }),
  )
  await expect(openSigner(direct, 'azurekms://unit.vault.azure.net/Release')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
  })
  expect(asked.length).toBe(before)
})

it('names the proxy that is away, and the variable that cannot be used', async () => {
  const open = async (HTTPS_PROXY: string) => {
    await using keys = oneAttempt(
      azureKeyVault({
        credential: fake.credential(),
        ca: fake.ca,
        proxyEnv: { HTTPS_PROXY },
      }),
    )
    await openSigner(keys, 'azurekms://unit.vault.azure.net/Release')
  }
  await expect(open('http://127.0.0.1:9')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('the proxy 127.0.0.1:9'),
  })
  await expect(open('http://127.0.0\n.1:9')).rejects.toMatchObject({
    code: 'VALIDATION',
    message: expect.stringContaining('HTTPS_PROXY'),
  })
})
