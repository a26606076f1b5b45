import { execFile, execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { startForwardProxy } from '../../../test/services/forward-proxy.ts'
import { gcpKms } from '../src/index.ts'
import { type FakeGcpKms, fakeGcpKms, type Transport } from './fake-gcp-kms/fake.ts'
import { tokenOf } from './harness.ts'

const OIDC_TOKEN = 'canary-oidc-token-0123456789'
const EMAIL = 'release@acme-signing.iam.gserviceaccount.com'
const PROGRAM = fileURLToPath(new URL('programs/sign-once.ts', import.meta.url))

let folder: string
let fake: FakeGcpKms
let reference: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwright-gcp-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=fake', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:cloudkms.example']
  const type = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', ['req', '-x509', ...type, '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  })
  fake = await fakeGcpKms({ cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') })
  reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}`
})
afterAll(async () => {
  await fake[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Credentials as a job of GitHub Actions has them: the path of a token, and where it is exchanged. */
async function workloadIdentity(token: string): Promise<string> {
  const [file, tokenFile] = [join(folder, 'credentials.json'), join(folder, 'token')]
  await writeFile(tokenFile, token)
  const configuration = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/providers/github',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${fake.url('rest')}/token`,
    credential_source: { file: tokenFile },
  }
  await writeFile(file, JSON.stringify(configuration))
  return file
}

async function run(
  transport: Transport,
  environment: Record<string, string>,
  endpoint = fake.url(transport),
) {
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--conditions=@sealwright/source', PROGRAM, transport, endpoint, reference],
    {
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'),
        // No metadata server is near; with this nobody waits for one.
        METADATA_SERVER_DETECTION: 'none',
        ...environment,
      },
    },
  )
  return { answer: JSON.parse(stdout) as Record<string, unknown>, output: stdout + stderr }
}

describe.each(['grpc', 'rest'] as const)('credentials, over %s and TLS', transport => {
  it('come of workload identity where the environment names it', async () => {
    const file = await workloadIdentity(OIDC_TOKEN)
    const { answer, output } = await run(transport, { GOOGLE_APPLICATION_CREDENTIALS: file })
    expect(answer).toEqual({
      source: `workload identity federation, asking ${fake.url(transport)}`,
      signature: 64,
    })
    expect(fake.exchanged.at(-1)).toBe(OIDC_TOKEN)
    for (const secret of [OIDC_TOKEN, fake.token]) expect(output).not.toContain(secret)
  })

  it('that get no token are UNAUTHENTICATED, and not shown', async () => {
    const file = await workloadIdentity(`refused-${OIDC_TOKEN}`)
    const { answer, output } = await run(transport, { GOOGLE_APPLICATION_CREDENTIALS: file })
    expect(answer).toMatchObject({
      code: 'UNAUTHENTICATED',
      why: expect.stringMatching(/no token was given/),
    })
    expect(output).not.toContain(OIDC_TOKEN)
  })

  it('that are in no place are UNAUTHENTICATED, with the places', async () => {
    const { answer } = await run(transport, {})
    expect(answer).toMatchObject({
      code: 'UNAUTHENTICATED',
      why: expect.stringMatching(/GOOGLE_APPLICATION_CREDENTIALS is not set/),
    })
  })

  it('are not sent to a server whose authority is not trusted, and the error says how to trust it', async () => {
    const before = fake.calls('GetPublicKey')
    const authClient = tokenOf(fake)
    const keys = oneAttempt(gcpKms({ transport, endpoint: fake.url(transport), authClient }))
    await expect(keys.open(reference, { signal: new AbortController().signal })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: 'the certificate of the server is not trusted',
      fix: expect.stringMatching(/NODE_EXTRA_CA_CERTS.*GRPC_DEFAULT_SSL_ROOTS_FILE_PATH/),
    })
    await keys[Symbol.asyncDispose]!()
    expect(fake.calls('GetPublicKey')).toBe(before)
  })

  it('whose source of tokens is not trusted are not called wrong', async () => {
    const file = await workloadIdentity(OIDC_TOKEN)
    const { answer } = await run(transport, {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      NODE_EXTRA_CA_CERTS: '',
    })
    expect(answer).toMatchObject({
      code: 'UNAVAILABLE',
      // Over gRPC the connection to Cloud KMS itself is tried first.
      why: expect.stringMatching(
        transport === 'rest'
          ? /^of the source of tokens: the certificate of the server is not trusted$/
          : /^the certificate of the server is not trusted$/,
      ),
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    })
  })

  it('in a file that is not there are UNAUTHENTICATED', async () => {
    const { answer } = await run(transport, { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') })
    expect(answer).toMatchObject({ code: 'UNAUTHENTICATED', why: expect.stringMatching(/cannot be read/) })
  })
})

describe('a file of credentials', () => {
  const privateKey = () =>
    generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey
  const account = (private_key: string) =>
    JSON.stringify({
      type: 'service_account',
      client_email: EMAIL,
      private_key,
      token_uri: 'https://x.example',
    })
  const escaped = () => account(privateKey().replaceAll('\n', '\\n'))

  it.each<[string, () => string | undefined, RegExp]>([
    ['that is not there', () => undefined, /cannot be read/],
    ['that is not JSON', () => 'canary-text', /is not JSON/],
    ['in base64', () => Buffer.from('{"canary":1}').toString('base64'), /is not JSON/],
    ['that is not an object', () => '["canary"]', /not a JSON object/],
    ['of an OAuth client', () => JSON.stringify({ installed: { client_secret: 'canary' } }), /OAuth client/],
    ['of no known type', () => JSON.stringify({ type: 'canary' }), /type is none of/],
    ['whose key has \\n for line breaks', escaped, /escaped twice/],
    ['whose key is not one', () => account('canary'), /not a private key in PEM/],
  ])('%s is UNAUTHENTICATED, and named with the cause', async (_, content, why) => {
    const path = join(folder, 'bad credentials.json')
    await rm(path, { force: true })
    const text = content()
    if (text !== undefined) await writeFile(path, text)
    for (const transport of ['grpc', 'rest'] as const) {
      const { answer, output } = await run(transport, { GOOGLE_APPLICATION_CREDENTIALS: path })
      expect(answer).toMatchObject({
        code: 'UNAUTHENTICATED',
        message: expect.stringContaining(`${path}, which GOOGLE_APPLICATION_CREDENTIALS names`),
        why: expect.stringMatching(why),
      })
      expect(output).not.toContain('canary')
    }
  })

  it.each(['GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_CLOUD_UNIVERSE_DOMAIN', 'GOOGLE_CLOUD_QUOTA_PROJECT'])(
    'and %s with a line break is VALIDATION that names it',
    async name => {
      const { answer } = await run('rest', { [name]: 'canary\n' })
      expect(answer).toMatchObject({ code: 'VALIDATION', message: `${name} cannot be used` })
    },
  )
})

describe('a proxy of the environment', () => {
  const hidden = () => `https://cloudkms.example:${new URL(fake.url('rest')).port}`

  it.each([
    ['rest', 'HTTPS_PROXY'],
    ['grpc', 'https_proxy'],
  ] as const)('leads to Cloud KMS over %s', async (transport, variable) => {
    await using proxy = await startForwardProxy({ login: 'user:canary-7' })
    const file = await workloadIdentity(OIDC_TOKEN)
    const { port } = new URL(fake.url(transport))
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      [variable]: proxy.url,
      NO_PROXY: '127.0.0.1',
    }
    const { answer } = await run(transport, environment, `https://cloudkms.example:${port}`)
    expect(answer).toMatchObject({ signature: 64 })
    expect(proxy.requests).toContain(`CONNECT cloudkms.example:${port}`)
  })

  it('that refuses the login is UNAUTHENTICATED, and its password is not shown', async () => {
    await using proxy = await startForwardProxy({ login: 'user:other' })
    const file = await workloadIdentity(OIDC_TOKEN)
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      HTTPS_PROXY: proxy.url.replace('other', 'canary-7'),
      NO_PROXY: '127.0.0.1',
    }
    const { answer, output } = await run('rest', environment, hidden())
    expect(answer).toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(output).not.toContain('canary-7')
  })

  it.each([
    ['rest', 'proxy.example:3128', /has no scheme/],
    ['grpc', 'proxy.example:3128', /has no scheme/],
    ['grpc', 'https://proxy.example', /by http only/],
    ['rest', 'http://proxy\n.example', /line break/],
  ] as const)(
    "over %s that Google's libraries would pass by (%j) is VALIDATION",
    async (transport, value, why) => {
      const { answer } = await run(transport, { HTTPS_PROXY: value }, hidden())
      expect(answer).toMatchObject({
        code: 'VALIDATION',
        message: expect.stringContaining('HTTPS_PROXY'),
        why: expect.stringMatching(why),
      })
    },
  )

  it('is not asked where NO_PROXY names the host', async () => {
    await using proxy = await startForwardProxy()
    const file = await workloadIdentity(OIDC_TOKEN)
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      HTTPS_PROXY: proxy.url,
      NO_PROXY: '127.0.0.1',
    }
    const { answer } = await run('rest', environment)
    expect(answer).toMatchObject({ signature: 64 })
    expect(proxy.requests).toEqual([])
  })
})

describe('authorities, over gRPC', () => {
  it('are those of GRPC_DEFAULT_SSL_ROOTS_FILE_PATH alone where it is set', async () => {
    const file = await workloadIdentity(OIDC_TOKEN)
    const environment = { GOOGLE_APPLICATION_CREDENTIALS: file }
    const other = join(folder, 'other.pem')
    await writeFile(other, rootCertificates[0]!)
    const elsewhere = await run('grpc', { ...environment, GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: other })
    expect(elsewhere.answer).toMatchObject({
      code: 'UNAVAILABLE',
      fix: expect.stringContaining('GRPC_DEFAULT_SSL_ROOTS_FILE_PATH'),
    })
    const own = await run('grpc', {
      ...environment,
      GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: join(folder, 'cert.pem'),
    })
    expect(own.answer).toMatchObject({ signature: 64 })
  })
})

describe('identify', () => {
  it.each([
    ['Impersonated', { getTargetPrincipal: () => EMAIL }, 'impersonated service account'],
    ['JWT', { email: EMAIL }, 'key of a service account'],
    ['AwsClient', { getServiceAccountEmail: () => EMAIL }, 'workload identity federation (AWS)'],
    ['SomethingElse', { email: EMAIL }, 'given by the program'],
  ])('tells of a %s whose it is', async (name, members, source) => {
    const authClient = Object.assign(new { [name]: class {} }[name]!(), tokenOf({ token: 'x' }), members)
    const keys = oneAttempt(gcpKms({ authClient }))
    expect(await keys.identify!({ signal: new AbortController().signal })).toEqual({
      source,
      identity: EMAIL,
    })
    await keys[Symbol.asyncDispose]!()
  })
})
