import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { startForwardProxy } from '../../../test/services/forward-proxy.ts'
import { type HashicorpVaultOptions, hashicorpVault as store } from '../src/index.ts'
import { call, withEnv } from './calls.ts'
import { type FakeVault, fakeVault } from './fake-vault.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

const TOKEN = 'a-token-of-settings'

/** What the machine of the developer may have set. */
const UNSET = {
  VAULT_ADDR: undefined,
  VAULT_TOKEN: undefined,
  VAULT_NAMESPACE: undefined,
  VAULT_CACERT: undefined,
  VAULT_CACERT_BYTES: undefined,
  VAULT_CLIENT_CERT: undefined,
  VAULT_CLIENT_KEY: undefined,
  VAULT_TLS_SERVER_NAME: undefined,
  VAULT_SKIP_VERIFY: undefined,
  VAULT_CAPATH: undefined,
  VAULT_PROXY_ADDR: undefined,
  VAULT_HTTP_PROXY: undefined,
  VAULT_AGENT_ADDR: undefined,
  BAO_ADDR: undefined,
  BAO_TOKEN: undefined,
  BAO_NAMESPACE: undefined,
  BAO_SKIP_VERIFY: undefined,
  TRANSIT_SECRET_ENGINE_PATH: undefined,
}

const folder = mkdtempSync(join(tmpdir(), 'sealwright-vault-'))
const file = (name: string) => join(folder, name)
const text = (name: string) => readFileSync(file(name), 'utf8')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

function issue(name: string, extension: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
  openssl('req', '-new', ...key, '-subj', `/CN=${name}`, '-out', `${name}.csr`)
  writeFileSync(file(`${name}.ext`), extension)
  const ca = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
  openssl('x509', '-req', '-in', `${name}.csr`, ...ca, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
}

let plain: FakeVault
let secure: FakeVault
let mutual: FakeVault

beforeAll(async () => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca.key']
  openssl('req', '-x509', ...key, '-subj', '/CN=test CA', '-days', '2', '-out', 'ca.pem')
  issue('server', 'subjectAltName=IP:127.0.0.1,DNS:vault.test')
  issue('elsewhere', 'subjectAltName=DNS:vault.test')
  issue('client', 'extendedKeyUsage=clientAuth')
  const tls = { key: text('server.key'), cert: text('server.pem') }
  plain = await fakeVault()
  secure = await fakeVault({ key: text('elsewhere.key'), cert: text('elsewhere.pem') })
  // TLS 1.2, where the refusal of a client without a certificate always arrives before the connection is closed.
  const asking = {
    ca: text('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
    maxVersion: 'TLSv1.2',
  } as const
  mutual = await fakeVault({ ...tls, ...asking })
  for (const { auth, transit } of [plain, secure, mutual]) {
    auth.tokens.set(TOKEN, {
      displayName: 'token',
      policies: [],
      expiresAt: Number.POSITIVE_INFINITY,
      renewable: false,
      leased: false,
    })
    transit.handle('POST', ['keys', 'K'], new URLSearchParams(), { type: 'ed25519' })
  }
})
afterAll(async () => {
  for (const fake of [plain, secure, mutual]) await fake[Symbol.asyncDispose]()
})

async function open(options: HashicorpVaultOptions, env: Record<string, string> = {}): Promise<string> {
  return withEnv({ ...UNSET, ...env }, async () => {
    await using provider = hashicorpVault(options)
    return (await provider.open('hashivault://K', call())).key.reference
  })
}

const OPENED = 'hashivault://K?version=1'

describe('the address', () => {
  it('is the option, or VAULT_ADDR, perhaps with a slash at its end', async () => {
    await expect(open({ address: plain.url, token: TOKEN })).resolves.toBe(OPENED)
    await expect(open({}, { VAULT_ADDR: `${plain.url}/`, VAULT_TOKEN: TOKEN })).resolves.toBe(OPENED)
  })

  it('is asked for when it is missing', async () => {
    await expect(open({ token: TOKEN })).rejects.toMatchObject({
      code: 'VALIDATION',
      why: expect.stringContaining('VAULT_ADDR'),
    })
  })

  it.each([
    'vault.example:8200',
    'ftp://vault.example',
    'unix:///run/vault.sock',
    'https://user:canary@vault.example',
    'https://vault.example?token=canary',
    'https://vault.example#canary',
    'http://vault.example:8200',
    'http://localhost.example:8200',
  ])('%s is refused, and its secrets are not repeated', async address => {
    const failure = await open({ address, token: TOKEN }).catch(error => error)
    expect(failure.code).toBe('VALIDATION')
    expect(`${failure.message} ${failure.why} ${failure.fix}`).not.toContain('canary')
  })
})

describe('TLS', () => {
  it('trusts the CA of the option, of VAULT_CACERT and of VAULT_CACERT_BYTES, and no other', async () => {
    const options = {
      address: mutual.url,
      token: TOKEN,
      clientCert: text('client.pem'),
      clientKey: text('client.key'),
    }
    await expect(open({ ...options, ca: text('ca.pem') })).resolves.toBe(OPENED)
    await expect(open(options, { VAULT_CACERT: file('ca.pem') })).resolves.toBe(OPENED)
    await expect(open(options, { VAULT_CACERT_BYTES: text('ca.pem') })).resolves.toBe(OPENED)
    await expect(open(options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      fix: expect.stringContaining('VAULT_CACERT'),
    })
    const missing = open(options, { VAULT_CACERT: file('no-such.pem') })
    await expect(missing).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining('VAULT_CACERT'),
    })
  })

  it('shows the client certificate of the options or the variables, and says when one is wanted', async () => {
    const options = { address: mutual.url, token: TOKEN, ca: text('ca.pem') }
    const variables = { VAULT_CLIENT_CERT: file('client.pem'), VAULT_CLIENT_KEY: file('client.key') }
    await expect(open(options, variables)).resolves.toBe(OPENED)
    await expect(open(options)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      fix: expect.stringContaining('VAULT_CLIENT_CERT'),
    })
    await expect(open({ ...options, clientCert: text('client.pem') })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('checks the name of the server, which may be another than that of the address', async () => {
    const options = { address: secure.url, token: TOKEN, ca: text('ca.pem') }
    await expect(open(options)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining('the certificate of the server is for another name'),
    })
    await expect(open({ ...options, serverName: 'vault.test' })).resolves.toBe(OPENED)
    await expect(open(options, { VAULT_TLS_SERVER_NAME: 'vault.test' })).resolves.toBe(OPENED)
  })

  it('is verified whatever the environment says', async () => {
    const options = { address: mutual.url, token: TOKEN }
    for (const value of ['1', 'true', 'yes']) {
      await expect(open(options, { VAULT_SKIP_VERIFY: value })).rejects.toMatchObject({
        code: 'VALIDATION',
        message: 'VAULT_SKIP_VERIFY is set, and is not obeyed',
        fix: expect.stringContaining('VAULT_CACERT'),
      })
      const client = { request: async () => ({}) }
      await expect(open({ client }, { VAULT_SKIP_VERIFY: value })).rejects.toMatchObject({
        code: 'VALIDATION',
      })
    }
    const plainly = open({ address: plain.url, token: TOKEN }, { VAULT_SKIP_VERIFY: 'false' })
    await expect(plainly).resolves.toBe(OPENED)
    const forced = open({ address: secure.url, token: TOKEN }, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    await expect(forced).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining('the certificate of the server is not trusted'),
    })
  })
})

describe('the token', () => {
  it('is the option before VAULT_TOKEN, and VAULT_TOKEN before the file', async () => {
    const address = plain.url
    await expect(open({ address, token: TOKEN }, { VAULT_TOKEN: 'another' })).resolves.toBe(OPENED)
    writeFileSync(file('.vault-token'), `${TOKEN}\n`)
    const home = { HOME: folder, USERPROFILE: folder }
    await expect(open({ address }, home)).resolves.toBe(OPENED)
    await expect(open({ address }, { ...home, VAULT_TOKEN: 'another' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    })
    rmSync(file('.vault-token'))
    await expect(open({ address }, home)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      why: expect.stringContaining('~/.vault-token'),
    })
    expect(homedir()).not.toBe(folder)
  })

  it('is refused, and not repeated, when it cannot be one', async () => {
    const failure = await open({ address: plain.url, token: 'canary\nof a token' }).catch(error => error)
    expect(failure).toMatchObject({ code: 'VALIDATION' })
    expect(`${failure.message} ${failure.why}`).not.toContain('canary')
  })
})

describe('the namespace', () => {
  it('is the option, or VAULT_NAMESPACE, and stands in the reference that is opened', async () => {
    const { fakeTransit } = await import('./fake-transit.ts')
    const engine = fakeTransit()
    engine.handle('POST', ['keys', 'K'], new URLSearchParams(), { type: 'ed25519' })
    plain.engines.set('acme/transit', engine)
    const options = { address: plain.url, token: TOKEN }
    const opened = 'hashivault://K?version=1&namespace=acme'
    await expect(open({ ...options, namespace: 'acme/' })).resolves.toBe(opened)
    await expect(open(options, { VAULT_NAMESPACE: 'acme' })).resolves.toBe(opened)
    expect(() => hashicorpVault({ namespace: '../admin' })).toThrow()
  })
})

describe('a variable', () => {
  const good = () => ({ VAULT_ADDR: plain.url, VAULT_TOKEN: TOKEN })

  it('may have blanks and a line break at its end, as secrets and shells leave them', async () => {
    const padded = Object.entries(good()).map(([name, value]) => [name, ` ${value}\n`])
    await expect(open({}, Object.fromEntries(padded))).resolves.toBe(OPENED)
    await expect(open({}, { ...good(), VAULT_NAMESPACE: ' acme \n' })).resolves.toMatch(/namespace=acme$/)
  })

  it.each([
    'VAULT_ADDR',
    'VAULT_TOKEN',
    'VAULT_NAMESPACE',
    'VAULT_CACERT',
    'VAULT_CACERT_BYTES',
    'VAULT_CAPATH',
    'VAULT_CLIENT_CERT',
    'VAULT_TLS_SERVER_NAME',
    'VAULT_SKIP_VERIFY',
    'VAULT_PROXY_ADDR',
    'VAULT_AGENT_ADDR',
    'BAO_ADDR',
    'BAO_NAMESPACE',
    'TRANSIT_SECRET_ENGINE_PATH',
  ])('%s that cannot be used is VALIDATION that names it, and is never ignored', async name => {
    const key = name === 'VAULT_CLIENT_CERT' ? { VAULT_CLIENT_KEY: file('client.key') } : {}
    for (const value of ['no such\nthing', 'ä/ö', ...(name.endsWith('ADDR') ? ['/no/such/file'] : [])]) {
      const failure = await open({}, { ...good(), ...key, [name]: value }).catch(error => error)
      expect(failure, value).toMatchObject({ code: 'VALIDATION' })
      expect(`${failure.message} ${failure.why} ${failure.fix}`, value).toContain(name)
    }
  })

  it('that is empty is as if it were not set', async () => {
    const empty = Object.fromEntries(Object.keys(UNSET).map(name => [name, '']))
    await expect(open({}, { ...empty, ...good() })).resolves.toBe(OPENED)
  })

  it('of OpenBao counts too, and one that contradicts that of Vault is refused', async () => {
    await expect(open({}, { BAO_ADDR: plain.url, BAO_TOKEN: TOKEN })).resolves.toBe(OPENED)
    await expect(open({}, { ...good(), BAO_ADDR: plain.url })).resolves.toBe(OPENED)
    const both = open({}, { ...good(), BAO_ADDR: 'https://other.example' })
    await expect(both).rejects.toMatchObject({ code: 'VALIDATION', message: /VAULT_ADDR and BAO_ADDR/ })
  })

  it('VAULT_ADDR has no path of the API or of the user interface, and the fix says what it has', async () => {
    for (const [path, fix] of [
      ['/v1', ''],
      ['/v1/', ''],
      ['/ui/', ''],
      ['/ui/vault/secrets', ''],
      ['/behind/v1', '/behind'],
    ]) {
      await expect(open({ token: TOKEN }, { VAULT_ADDR: plain.url + path })).rejects.toMatchObject({
        code: 'VALIDATION',
        message: 'VAULT_ADDR is not an address of Vault',
        fix: `set it to ${plain.url}${fix}`,
      })
    }
  })

  it('VAULT_ADDR with http before the port of https says so', async () => {
    const address = mutual.url.replace('https:', 'http:')
    await expect(open({ token: TOKEN }, { VAULT_ADDR: address })).rejects.toMatchObject({
      code: expect.stringMatching(/VALIDATION|UNAVAILABLE/),
    })
  })

  it('VAULT_CAPATH names a directory of certificates, among other files', async () => {
    const authorities = mkdtempSync(join(folder, 'authorities-'))
    writeFileSync(join(authorities, 'ca.crt'), text('ca.pem'))
    writeFileSync(join(authorities, 'README'), 'nothing')
    const client = { VAULT_CLIENT_CERT: file('client.pem'), VAULT_CLIENT_KEY: file('client.key') }
    const variables = { VAULT_ADDR: mutual.url, VAULT_TOKEN: TOKEN, VAULT_CAPATH: authorities, ...client }
    await expect(open({}, variables)).resolves.toBe(OPENED)
  })

  it('TRANSIT_SECRET_ENGINE_PATH contradicts a reference without a mount, and no other', async () => {
    const set = (value: string) => open({}, { ...good(), TRANSIT_SECRET_ENGINE_PATH: value })
    await expect(set('acme/sign/')).rejects.toMatchObject({
      code: 'VALIDATION',
      fix: 'write hashivault://acme/sign/K, or unset TRANSIT_SECRET_ENGINE_PATH',
    })
    await expect(set('/transit/')).resolves.toBe(OPENED)
  })
})

describe('a proxy', () => {
  it('leads to Vault, over TLS and with a password, unless NO_PROXY names its host', async () => {
    await using proxy = await startForwardProxy({ login: 'user:canary-9' })
    const { port } = new URL(secure.url)
    const address = `https://vault.test:${port}`
    const options = { address, token: TOKEN, ca: text('ca.pem') }
    await expect(open({ ...options, proxyEnv: { HTTPS_PROXY: proxy.url } })).resolves.toBe(OPENED)
    expect(proxy.requests).toEqual([`CONNECT vault.test:${port}`])
    const direct = open({ ...options, proxyEnv: { HTTPS_PROXY: proxy.url, NO_PROXY: '.test' } })
    await expect(direct).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining('no such host is known'),
    })
    expect(proxy.requests).toHaveLength(1)
  })

  it('leads to Vault by plain HTTP where that is allowed', async () => {
    await using proxy = await startForwardProxy()
    const address = `http://vault.test:${new URL(plain.url).port}`
    const proxyEnv = { HTTP_PROXY: proxy.url.replace('http://', '') }
    await expect(open({ address, token: TOKEN, allowPlainHttp: true, proxyEnv })).resolves.toBe(OPENED)
    expect(proxy.requests).toEqual([`GET ${address}/v1/transit/keys/K`])
  })

  it('that refuses, is away or cannot be used is named, and its password is not', async () => {
    await using proxy = await startForwardProxy({ login: 'user:other' })
    const options = { address: 'https://vault.test:8200', token: TOKEN }
    const by = (HTTPS_PROXY: string) =>
      open({ ...options, proxyEnv: { HTTPS_PROXY } }).catch((error: Error) => error)
    const wrong = await by(proxy.url.replace('other', 'canary-9'))
    expect(wrong).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining('the proxy') })
    const away = await by('http://user:canary-9@127.0.0.1:9')
    expect(away).toMatchObject({
      code: 'UNAVAILABLE',
      message: 'vault.test:8200 cannot be reached through the proxy 127.0.0.1:9',
    })
    const broken = await by('http://user:canary-9@proxy\n.example')
    expect(broken).toMatchObject({ code: 'VALIDATION', message: expect.stringContaining('HTTPS_PROXY') })
    for (const failure of [wrong, away, broken]) {
      expect(inspect(failure, { depth: 8 })).not.toContain('canary-9')
    }
  })
})

describe('a ready client', () => {
  it('is asked instead of ours, and needs no settings', async () => {
    const { default: vault } = await import('node-vault')
    const client = await withEnv(UNSET, async () => vault({ endpoint: plain.url, token: TOKEN }))
    await expect(open({ client: client as never })).resolves.toBe(OPENED)
  })

  it('leaves no option without effect', () => {
    const client = { request: async () => ({}) }
    expect(() => hashicorpVault({ client, address: 'https://vault.example' })).toThrow('`address`')
    expect(() => hashicorpVault({ client, token: 'x' })).toThrow('`token`')
  })

  it('signs in its own namespace alone', async () => {
    const client = { namespace: 'acme', request: async () => ({}) }
    await using provider = hashicorpVault({ client })
    await expect(provider.open('hashivault://K?namespace=other', call())).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })
})

it.each<[string, HashicorpVaultOptions]>([
  ['a token and a log-in', { token: 'x', auth: { method: 'jwt', jwt: 'y' } }],
  ['an unknown way to log in', { auth: { method: 'ldap' } as never }],
  ['a log-in without what it needs', { auth: { method: 'approle', roleId: '' } }],
  ['a mount that leaves its place', { auth: { method: 'jwt', jwt: 'y', mount: '../sys' } }],
])('refuses %s when it is made', (_, options) => {
  expect(() => hashicorpVault(options)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
})
