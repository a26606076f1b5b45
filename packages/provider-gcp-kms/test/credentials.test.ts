import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    const keys = gcpKms({ transport, endpoint: fake.url(transport), authClient })
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

  it('that refuses is UNAVAILABLE, and its password is not shown', async () => {
    await using proxy = await startForwardProxy({ login: 'user:other' })
    const file = await workloadIdentity(OIDC_TOKEN)
    const environment = {
      GOOGLE_APPLICATION_CREDENTIALS: file,
      HTTPS_PROXY: proxy.url.replace('other', 'canary-7'),
      NO_PROXY: '127.0.0.1',
    }
    const { answer, output } = await run('rest', environment, hidden())
    expect(answer).toMatchObject({ code: 'UNAVAILABLE' })
    expect(output).not.toContain('canary-7')
  })

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
    const keys = gcpKms({ authClient })
    expect(await keys.identify!({ signal: new AbortController().signal })).toEqual({
      source,
      identity: EMAIL,
    })
    await keys[Symbol.asyncDispose]!()
  })
})
