import { createPrivateKey, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { providerCases } from '@sealwright/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { isSealwrightError, openSigner, verifySignature } from '../../packages/core/src/index.ts'
import { hashicorpVault as store } from '../../packages/provider-hashicorp-vault/src/index.ts'
import { fakeVault } from '../../packages/provider-hashicorp-vault/test/fake-vault.ts'
import { fakeHarness } from '../../packages/provider-hashicorp-vault/test/harness.ts'
import { issueCertificate } from '../../packages/x509/src/index.ts'
import { oneAttempt } from '../one-attempt.ts'
import { hashicorp, type OpenBao, openbao, startOpenbao } from '../services/openbao.ts'
import { shared } from '../services/shared.ts'
import { openbaoHarness, policyOf } from './openbao-harness.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

/** Installing and starting, the first time. */
const START_MS = 300_000

const fake = await fakeVault()
afterAll(() => fake[Symbol.asyncDispose]())

const call = () => ({ signal: AbortSignal.timeout(10_000) })
const message = new TextEncoder().encode('an artifact')

async function assertSigns(provider: ReturnType<typeof hashicorpVault>, reference: string): Promise<void> {
  const signer = await openSigner(provider, reference)
  const { bytes, algorithm } = await signer.sign(message)
  expect(verifySignature(algorithm, signer.key.publicKey, message, bytes)).toBe(true)
  await signer[Symbol.asyncDispose]()
}

describe.each([openbao, hashicorp])('$name', vault => {
  let bao: OpenBao
  const harness = openbaoHarness(() => bao, vault)
  const running = shared(async context => {
    bao = await startOpenbao(context, vault)
    await harness.prepare()
    return bao
  })

  async function tokenWith(operations: Parameters<typeof policyOf>[0], more = {}): Promise<string> {
    const name = `policy-${randomUUID()}`
    await bao.call('PUT', `sys/policies/acl/${name}`, { policy: policyOf(operations) })
    const { auth } = await bao.call('POST', 'auth/token/create', { policies: [name], ...more })
    return auth.client_token
  }

  async function accessors(): Promise<readonly string[]> {
    const { data } = await bao.call('GET', 'auth/token/accessors?list=true')
    return data.keys.toSorted()
  }
  describe('the cases of every key store', () => {
    for (const { title, skip, run } of providerCases({ ...harness, fake: fakeHarness(fake) })) {
      it(title, { timeout: START_MS }, async context => {
        if (skip !== undefined) context.skip(skip)
        await running(context)
        await run()
      })
    }
  })

  describe('the server', () => {
    it('creates, lists and rotates keys with the permissions that the provider names for each', async context => {
      const { url, ca } = await running(context)
      const at = async (...operations: Parameters<typeof policyOf>[0]) => {
        const token = await tokenWith(operations)
        return hashicorpVault({ address: url, ca, token })
      }
      await using creator = await at('create')
      await using rotator = await at('rotate')
      await using lister = await at('list')
      const reference = await creator.admin!.create(
        { reference: 'hashivault://Made', type: 'EC-P384' },
        call(),
      )
      expect(reference).toBe('hashivault://Made?version=1')
      const again = creator.admin!.create({ reference: 'hashivault://Made', type: 'EC-P384' }, call())
      await expect(again).rejects.toMatchObject({ code: 'VALIDATION' })
      expect(await rotator.admin!.rotate!('hashivault://Made', call())).toBe('hashivault://Made?version=2')
      await bao.call('POST', 'transit/keys/Made-to-encrypt', { type: 'aes256-gcm96' })
      expect(await collect(lister.admin!.list({ prefix: 'hashivault://Made' }, call()))).toEqual([
        'hashivault://Made?version=2',
      ])
      await expect(rotator.open('hashivault://Made', call())).resolves.toBeDefined()
      await expect(lister.admin!.rotate!('hashivault://Made', call())).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
      })
      const { data } = await bao.call('GET', 'transit/keys/Made')
      expect(data).toMatchObject({ exportable: false, allow_plaintext_backup: false, type: 'ecdsa-p384' })
    })

    it('lists nothing of an engine without keys, and says when there is no engine', async context => {
      const { url, ca } = await running(context)
      await bao.call('POST', 'sys/mounts/empty', { type: 'transit' })
      const token = await tokenWith(['open'], { policies: ['root'] })
      await using provider = hashicorpVault({ address: url, ca, token })
      expect(await collect(provider.admin!.list({ prefix: 'hashivault://empty/' }, call()))).toEqual([])
      const nowhere = collect(provider.admin!.list({ prefix: 'hashivault://nowhere/' }, call()))
      await expect(nowhere).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const mlDsa = provider.admin!.create({ reference: 'hashivault://empty/pq', type: 'ML-DSA-65' }, call())
      await expect(mlDsa).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    })

    it('signs in a namespace, and names it in the reference', async context => {
      if (vault.lacks.includes('namespaces')) context.skip(`${vault.name} has no namespaces in this edition`)
      const { url, ca } = await running(context)
      await bao.call('POST', 'sys/namespaces/team', {})
      await bao.call('POST', 'sys/mounts/keys/of/team', { type: 'transit' }, 'team')
      await bao.call('POST', 'keys/of/team/keys/release', { type: 'ecdsa-p256' }, 'team')
      const token = await tokenWith(['open'], { policies: ['root'] })
      await using provider = hashicorpVault({ address: url, ca, token })
      const reference = 'hashivault://keys/of/team/release?version=1&namespace=team'
      const { key } = await provider.open('hashivault://keys/of/team/release?namespace=team', call())
      expect(key.reference).toBe(reference)
      await assertSigns(provider, reference)
      await using inTeam = hashicorpVault({ address: url, ca, token, namespace: 'team' })
      expect((await inTeam.open('hashivault://keys/of/team/release', call())).key.reference).toBe(reference)
      await expect(
        provider.open('hashivault://keys/of/team/release?namespace=other', call()),
      ).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('keeps a certificate that the key signed for itself, and refuses one of another key', async context => {
      const { url, ca } = await running(context)
      await bao.call('POST', 'transit/keys/Certified', { type: 'ecdsa-p256' })
      await bao.call('POST', 'transit/keys/Not-certified', { type: 'ecdsa-p256' })
      const token = await tokenWith(['open', 'sign', 'attachCertificates'])
      await using provider = hashicorpVault({ address: url, ca, token })
      const signer = await openSigner(provider, 'hashivault://Certified')
      const { der } = await issueCertificate({
        signer,
        subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
        notBefore: new Date(),
        notAfter: new Date(Date.now() + 86_400_000),
      })
      await provider.admin!.attachCertificates!('hashivault://Certified', [der], call())
      const handle = await provider.open('hashivault://Certified?version=1', call())
      expect((await handle.certificates!(call())).map(each => Buffer.from(each))).toEqual([Buffer.from(der)])
      const foreign = provider.admin!.attachCertificates!('hashivault://Not-certified', [der], call())
      await expect(foreign).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    })

    it('says KEY_STATE of versions that may not sign any more, and NOT_FOUND of those that never were', async context => {
      const { url, ca } = await running(context)
      const token = await tokenWith(['open', 'sign'])
      await using provider = hashicorpVault({ address: url, ca, token })
      await bao.call('POST', 'transit/keys/Ageing', { type: 'ecdsa-p256' })
      await bao.call('POST', 'transit/keys/Ageing/rotate', {})
      const signer = await openSigner(provider, 'hashivault://Ageing?version=1')
      await bao.call('POST', 'transit/keys/Ageing/config', { min_encryption_version: 2 })
      await expect(signer.sign(message)).rejects.toMatchObject({ code: 'KEY_STATE' })
      const old = () => provider.open('hashivault://Ageing?version=1', call())
      await expect(old()).rejects.toMatchObject({ code: 'KEY_STATE' })
      await bao.call('POST', 'transit/keys/Ageing/config', { min_decryption_version: 2 })
      await expect(old()).rejects.toMatchObject({ code: 'KEY_STATE' })
      await expect(provider.open('hashivault://Ageing?version=3', call())).rejects.toMatchObject({
        code: 'NOT_FOUND',
      })
    })

    it('refuses keys that do not sign, are derived or can be exported', async context => {
      const { url, ca } = await running(context)
      const token = await tokenWith(['open', 'sign'])
      await using provider = hashicorpVault({ address: url, ca, token })
      await bao.call('POST', 'transit/keys/Encrypting', { type: 'aes256-gcm96' })
      await bao.call('POST', 'transit/keys/Derived', { type: 'ed25519', derived: true })
      await bao.call('POST', 'transit/keys/Exportable', { type: 'ecdsa-p256', exportable: true })
      for (const name of ['Encrypting', 'Derived', 'Exportable']) {
        await expect(provider.open(`hashivault://${name}`, call())).rejects.toMatchObject({
          code: 'UNSUPPORTED',
        })
      }
      await using lenient = hashicorpVault({ address: url, ca, token, allowExportable: true })
      await assertSigns(lenient, 'hashivault://Exportable')
    })

    it('logs in by AppRole, renews, logs in again, and leaves no token behind', async context => {
      const { url, ca } = await running(context)
      await bao.call('POST', 'sys/auth/approle', { type: 'approle' })
      await bao.call('PUT', 'sys/policies/acl/ci', { policy: policyOf(['open', 'sign', 'identify']) })
      await bao.call('POST', 'auth/approle/role/ci', {
        token_policies: ['ci'],
        token_ttl: '2s',
        token_max_ttl: '3s',
      })
      const { data } = await bao.call('GET', 'auth/approle/role/ci/role-id')
      const { data: secret } = await bao.call('POST', 'auth/approle/role/ci/secret-id', {})
      const before = await accessors()
      await bao.call('POST', 'transit/keys/By-AppRole', { type: 'ed25519' })
      const auth = { method: 'approle', roleId: data.role_id, secretId: secret.secret_id } as const
      const provider = hashicorpVault({ address: url, ca, auth })
      const identity = await provider.identify!(call())
      expect(identity.source).toBe(`log-in by AppRole (auth/approle), asking ${url}`)
      expect(identity.identity).toBe('approle (policies: ci, default)')
      for (let second = 0; second < 5; second++) {
        await assertSigns(provider, 'hashivault://By-AppRole')
        await sleep(1000)
      }
      await provider[Symbol.asyncDispose]()
      await sleep(2000)
      expect(await accessors()).toEqual(before)
    })

    it('logs in with a JWT', async context => {
      const { url, ca } = await running(context)
      const { publicKey, privateKey } = generateKeyPairSync('ec', {
        namedCurve: 'P-256',
        publicKeyEncoding: { type: 'spki', format: 'pem' },
        privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      })
      await bao.call('POST', 'sys/auth/ci/github', { type: 'jwt' })
      await bao.call('POST', 'auth/ci/github/config', { jwt_validation_pubkeys: [publicKey] })
      await bao.call('PUT', 'sys/policies/acl/jwt', { policy: policyOf(['open', 'sign']) })
      await bao.call('POST', 'auth/ci/github/role/release', {
        role_type: 'jwt',
        user_claim: 'sub',
        bound_audiences: ['sealwright'],
        token_policies: ['jwt'],
      })
      await bao.call('POST', 'transit/keys/By-JWT', { type: 'ecdsa-p256' })
      const jwt = async () => jwtOf(privateKey, { sub: 'repo:acme/app', aud: 'sealwright' })
      const auth = { method: 'jwt', mount: 'ci/github', role: 'release', jwt } as const
      await using provider = hashicorpVault({ address: url, ca, auth })
      await assertSigns(provider, 'hashivault://By-JWT')
      await using stranger = hashicorpVault({
        address: url,
        ca,
        auth: { ...auth, jwt: jwtOf(privateKey, { sub: 'repo:acme/app', aud: 'another' }) },
      })
      await expect(stranger.open('hashivault://By-JWT', call())).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
    })

    it('tells a token that has expired from one that may not', async context => {
      const { url, ca } = await running(context)
      await bao.call('POST', 'transit/keys/Guarded', { type: 'ed25519' })
      const token = await tokenWith(['open'], { ttl: '5s', no_default_policy: true })
      await using provider = hashicorpVault({ address: url, ca, token })
      const { signRaw } = await provider.open('hashivault://Guarded', call())
      const request = {
        algorithm: { id: 'Ed25519', family: 'Ed25519', keyTypes: ['Ed25519'], cose: -19 },
        input: 'message',
        bytes: message,
      } as const
      const denied = await signRaw(request, call()).catch(error => provider.classify(error) ?? error)
      expect(denied.code).toBe('ACCESS_DENIED')
      await sleep(5500)
      await expect(signRaw(request, call())).rejects.toSatisfy(
        error => isSealwrightError(error) && error.code === 'UNAUTHENTICATED',
      )
    })

    it('does not trust a certificate of another CA', async context => {
      const { url } = await running(context)
      await using provider = hashicorpVault({ address: url, token: 'any-token' })
      await expect(provider.open('hashivault://Any', call())).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        why: expect.stringContaining('the certificate of the server is not trusted'),
      })
    })

    it('is unavailable while it is sealed', { timeout: START_MS }, async context => {
      // A server of its own: nothing unseals it again.
      const sealed = await startOpenbao(context, vault)
      try {
        await sealed.call('PUT', 'sys/seal')
        await using provider = hashicorpVault({ address: sealed.url, ca: sealed.ca, token: 'any-token' })
        await expect(provider.open('hashivault://Any', call())).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          why: 'Vault is sealed',
        })
      } finally {
        await sealed[Symbol.asyncDispose]()
      }
    })
  })
})

async function collect(keys: AsyncIterable<{ readonly reference: string }>): Promise<readonly string[]> {
  const all: string[] = []
  for await (const { reference } of keys) all.push(reference)
  return all
}

function jwtOf(pem: string, claims: object): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + 300 })}`
  const key = { key: createPrivateKey(pem), dsaEncoding: 'ieee-p1363' } as const
  return `${text}.${createSign('sha256').update(text).sign(key).toString('base64url')}`
}
