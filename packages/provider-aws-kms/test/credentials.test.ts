import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { KMSClient } from '@aws-sdk/client-kms'
import { isSealwrightError, openSigner } from '@sealwright/core'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { startForwardProxy } from '../../../test/services/forward-proxy.ts'
import { awsKms } from '../src/index.ts'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { REGION } from './harness.ts'

const fake = await fakeAwsKms()
const folder = mkdtempSync(join(tmpdir(), 'sealwright-aws-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await fake[Symbol.asyncDispose]()
})
const call = { signal: new AbortController().signal }

/** Nothing of the machine's own configuration, and no way to a metadata service. */
beforeEach(() => {
  for (const name of Object.keys(process.env).filter(each => each.startsWith('AWS_')))
    vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_REGION', REGION)
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', fake.url)
})
afterEach(() => vi.unstubAllEnvs())

function environment(): void {
  const { accessKeyId, secretAccessKey, sessionToken } = fake.credentials
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey)
  vi.stubEnv('AWS_SESSION_TOKEN', sessionToken)
}

const LAST_4 = `access key …${fake.credentials.accessKeyId.slice(-4)}`

describe('credentials are found as the AWS SDK finds them', () => {
  it('in the environment, with region and endpoint', async () => {
    environment()
    await using kms = oneAttempt(awsKms())
    await using signer = await openSigner(kms, fake.state.addKey('ECC_NIST_P256', REGION).arn)
    await signer.sign(Buffer.from('a message'))
    expect(await kms.identify!(call)).toEqual({
      source: `environment (AWS_ACCESS_KEY_ID), asking ${fake.url}`,
      identity: LAST_4,
    })
  })

  it('in a program that a profile names', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = fake.credentials
    const answer = {
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
    }
    writeFileSync(join(folder, 'answer.json'), JSON.stringify(answer))
    // The SDK reads a file once in its life.
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config-of-program'))
    writeFileSync(
      join(folder, 'config-of-program'),
      `[profile release]\ncredential_process = cat ${join(folder, 'answer.json')}\n`,
    )
    await using kms = oneAttempt(awsKms({ profile: 'release' }))
    await using signer = await openSigner(kms, fake.state.addKey('ECC_NIST_P256', REGION).arn)
    await signer.sign(Buffer.from('a message'))
    expect((await kms.identify!(call)).source).toMatch(/^program of a profile/)
  })

  it('from a token of the platform, exchanged at STS', async () => {
    writeFileSync(join(folder, 'token'), 'canary-web-identity-token')
    const requests: string[] = []
    const sts = await serving((body, respond) => {
      requests.push(body)
      respond(200, webIdentityXml(fake.credentials))
    })
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::111122223333:role/ci-release')
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    try {
      await using kms = oneAttempt(awsKms())
      await using signer = await openSigner(kms, fake.state.addKey('ECC_NIST_P256', REGION).arn)
      await signer.sign(Buffer.from('a message'))
      expect((await kms.identify!(call)).source).toMatch(/^web identity \(AWS_WEB_IDENTITY_TOKEN_FILE\)/)
      expect(requests).toHaveLength(1)
      expect(requests[0]).toContain('Action=AssumeRoleWithWebIdentity')
    } finally {
      await sts.close()
    }
  })

  it('and a refusal to exchange one is UNAUTHENTICATED, and shows no token', async () => {
    writeFileSync(join(folder, 'token'), 'canary-web-identity-token')
    const xml =
      '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity canary-web-identity-token</Message></Error></ErrorResponse>'
    const sts = await serving((_, respond) => respond(403, xml))
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', join(folder, 'token'))
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::111122223333:role/ci-release')
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url)
    try {
      await using kms = oneAttempt(awsKms())
      const error = await kms.open('awskms:///alias/x', call).catch(thrown => thrown)
      expect(error).toMatchObject({ code: 'UNAUTHENTICATED', why: expect.stringContaining('trust policy') })
      expect(JSON.stringify([error, error.stack, error.cause])).not.toContain('canary')
    } finally {
      await sts.close()
    }
  })

  it('and where there are none it is UNAUTHENTICATED', async () => {
    await using kms = oneAttempt(awsKms({ profile: 'default' }))
    const failure = { code: 'UNAUTHENTICATED', why: expect.stringContaining('no source') }
    await expect(kms.open('awskms:///alias/x', call)).rejects.toMatchObject(failure)
    await expect(kms.identify!(call)).rejects.toMatchObject(failure)
  })

  it('again when they are about to expire', async () => {
    let asked = 0
    const credentials = async () => {
      asked++
      return { ...fake.credentials, expiration: new Date(Date.now() + 1000) }
    }
    await using kms = oneAttempt(awsKms({ endpoint: fake.url, credentials }))
    await using signer = await openSigner(kms, fake.state.addKey('ECC_NIST_P256', REGION).arn)
    const before = asked
    await signer.sign(Buffer.from('a message'))
    expect(asked).toBeGreaterThan(before)
    expect((await kms.identify!(call)).source).toMatch(/^given by the program/)
  })
})

describe('whose credentials they are', () => {
  const identity = (status: number, body: string) => {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', undefined)
    const asked: { hostname: string; headers: Record<string, string> }[] = []
    const requestHandler = {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (request: { hostname: string; headers: Record<string, string> }) => {
        asked.push(request)
        return { response: { statusCode: status, headers: {}, body: Buffer.from(body) } }
      },
      httpHandlerConfigs: () => ({}),
      updateHttpClientConfig: () => {},
    }
    const client = new KMSClient({
      region: REGION,
      credentials: fake.credentials,
      requestHandler: requestHandler as never,
    })
    const kms = oneAttempt(awsKms({ client }))
    return { asked, kms, identify: () => kms.identify!(call) }
  }

  it('STS of the same region says, in a request signed for it', async () => {
    const arn = 'arn:aws:sts::111122223333:assumed-role/ci-release/session'
    const { asked, identify } = identity(200, identityXml(arn))
    expect(await identify()).toEqual({ source: 'given by the program', identity: arn })
    expect(asked[0]?.hostname).toBe(`sts.${REGION}.amazonaws.com`)
    expect(asked[0]?.headers.authorization).toContain(`/${REGION}/sts/aws4_request`)
  })

  it.each([
    ['before', ['sts', 'kms']],
    ['after', ['kms', 'sts', 'kms']],
  ] as const)(
    'STS says in a request signed for STS, and KMS is asked in ones signed for KMS, %s a key is opened',
    async (_, services) => {
      const arn = 'arn:aws:sts::111122223333:assumed-role/ci-release/session'
      const { asked, kms } = identity(200, identityXml(arn))
      for (const service of services) {
        if (service === 'sts') expect((await kms.identify!(call)).identity).toBe(arn)
        else await expect(kms.open('awskms:///alias/x', call)).rejects.toThrow()
      }
      const scopes = asked.map(({ hostname, headers }) => [
        hostname.split('.')[0],
        /\/([a-z]+)\/aws4_request/.exec(headers.authorization ?? '')?.[1],
      ])
      expect(scopes).toEqual(services.map(service => [service, service]))
    },
  )

  it('or says that it does not know them', async () => {
    await expect(identity(403, '').identify()).rejects.toSatisfy(
      error => isSealwrightError(error) && error.code === 'UNAUTHENTICATED',
    )
  })

  it('or is out of reach: then the end of the access key must do', async () => {
    expect(await identity(503, '').identify()).toMatchObject({ identity: LAST_4 })
  })
})

function identityXml(arn: string): string {
  return `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>A:session</UserId><Account>111122223333</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>`
}

function webIdentityXml({ accessKeyId, secretAccessKey, sessionToken }: typeof fake.credentials): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString()
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><AssumedRoleUser><AssumedRoleId>A:session</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/ci-release/session</Arn></AssumedRoleUser><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
}

async function serving(
  handle: (body: string, respond: (status: number, text: string) => void) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    request.on('end', () =>
      handle(body, (status, text) => response.writeHead(status, { 'content-type': 'text/xml' }).end(text)),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

describe('a variable of AWS', () => {
  const failure = async () => {
    await using kms = oneAttempt(awsKms())
    return await kms.open('awskms:///alias/x', call).catch((error: Error) => error)
  }

  it.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
    'AWS_PROFILE',
    'AWS_ROLE_ARN',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_KMS',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_USE_FIPS_ENDPOINT',
    'AWS_USE_DUALSTACK_ENDPOINT',
  ])('%s that ends with a line break, or holds one, is VALIDATION that names it', async name => {
    environment()
    for (const value of ['canary\n', 'canary canary ', 'can\nary']) {
      vi.stubEnv(name, value)
      const error = await failure()
      expect(error).toMatchObject({ code: 'VALIDATION', message: `${name} cannot be used` })
      expect(JSON.stringify(error)).not.toContain('canary')
    }
  })

  it.each([
    ['AWS_REGION', 'Frankfurt'],
    ['AWS_DEFAULT_REGION', 'eu central'],
    ['AWS_ENDPOINT_URL', 'kms.example'],
    ['AWS_ENDPOINT_URL_KMS', '127.0.0.1:4566'],
    ['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'file:///etc/passwd'],
    ['AWS_USE_FIPS_ENDPOINT', 'yes'],
  ])('%s=%s is VALIDATION that names it', async (name, value) => {
    environment()
    vi.stubEnv(name, value)
    expect(await failure()).toMatchObject({ code: 'VALIDATION', message: `${name} cannot be used` })
  })

  it('AWS_DEFAULT_REGION names the Region where AWS_REGION does not', async () => {
    environment()
    vi.stubEnv('AWS_REGION', '')
    expect(await failure()).toMatchObject({ code: 'VALIDATION', fix: expect.stringContaining('AWS_REGION') })
    vi.stubEnv('AWS_DEFAULT_REGION', REGION)
    fake.state.setAlias('alias/of-default', fake.state.addKey('ECC_NIST_P256', REGION))
    await using kms = oneAttempt(awsKms())
    await using signer = await openSigner(kms, 'awskms:///alias/of-default')
    expect(signer.key.reference).toContain(REGION)
    vi.stubEnv('AWS_REGION', 'us-east-1')
    await using other = oneAttempt(awsKms())
    await expect(openSigner(other, 'awskms:///alias/of-default')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      why: expect.stringContaining('us-east-1'),
    })
  })

  it('AWS_PROFILE that is in no file is blamed, with a Region and without', async () => {
    vi.stubEnv('AWS_PROFILE', 'nope')
    const blamed = expect.stringMatching(
      /^the profile "nope" of AWS_PROFILE is in neither .*config nor .*credentials$/,
    )
    expect(await failure()).toMatchObject({ code: 'UNAUTHENTICATED', why: blamed })
    vi.stubEnv('AWS_REGION', '')
    expect(await failure()).toMatchObject({ code: 'VALIDATION', why: blamed })
  })

  it.each([
    ['no file', join(folder, 'none'), 'ENOENT'],
    ['a directory', folder, 'EISDIR'],
  ])('AWS_WEB_IDENTITY_TOKEN_FILE that names %s is UNAUTHENTICATED, and named', async (_, path, why) => {
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', path)
    vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::111122223333:role/ci-release')
    expect(await failure()).toMatchObject({
      code: 'UNAUTHENTICATED',
      why: expect.stringContaining(why),
      fix: expect.stringContaining('AWS_WEB_IDENTITY_TOKEN_FILE'),
    })
  })

  it('AWS_ENDPOINT_URL_KMS where nothing listens is named', async () => {
    environment()
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://127.0.0.1:9')
    expect(await failure()).toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining('http://127.0.0.1:9'),
    })
  })
})

it('credentials of the program with a line break are VALIDATION, and not repeated', async () => {
  const credentials = { ...fake.credentials, sessionToken: 'canary-token\n' }
  await using kms = oneAttempt(awsKms({ endpoint: fake.url, region: REGION, credentials }))
  const error = await kms.open('awskms:///alias/x', call).catch(thrown => thrown)
  expect(error).toMatchObject({ code: 'VALIDATION', why: expect.stringContaining('line break') })
  expect(JSON.stringify([error, error.cause, error.stack])).not.toContain('canary')
})

describe('a proxy', () => {
  it('leads to KMS, and to nothing that NO_PROXY names', async () => {
    environment()
    await using proxy = await startForwardProxy({ login: 'user:canary-8' })
    const endpoint = `http://kms.example:${new URL(fake.url).port}`
    const options = { endpoint, allowPlainHttp: true, region: REGION }
    await using kms = oneAttempt(awsKms({ ...options, proxyEnv: { HTTP_PROXY: proxy.url } }))
    await using signer = await openSigner(kms, fake.state.addKey('ECC_NIST_P256', REGION).arn)
    await signer.sign(Buffer.from('a message'))
    expect(new Set(proxy.requests)).toEqual(new Set([`POST ${endpoint}/`]))
    const before = proxy.requests.length
    await using direct = oneAttempt(
      awsKms({ ...options, proxyEnv: { HTTP_PROXY: proxy.url, NO_PROXY: '.example' } }),
    )
    await expect(direct.open('awskms:///alias/x', call)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(proxy.requests).toHaveLength(before)
  })

  it('by CONNECT that refuses, or is away, is named, without its password', async () => {
    environment()
    await using proxy = await startForwardProxy({ login: 'user:other' })
    for (const [url, code] of [
      [proxy.url.replace('other', 'canary-8'), 'UNAUTHENTICATED'],
      ['http://user:canary-8@127.0.0.1:9', 'UNAVAILABLE'],
    ] as const) {
      const options = { endpoint: 'https://kms.example', region: REGION, proxyEnv: { HTTPS_PROXY: url } }
      await using kms = oneAttempt(awsKms(options))
      const error = await kms.open('awskms:///alias/x', call).catch(thrown => thrown)
      expect(error).toMatchObject({ code, message: expect.stringContaining('the proxy 127.0.0.1:') })
      expect(inspect(error, { depth: 8 })).not.toContain('canary-8')
    }
    expect(proxy.requests).toEqual(['CONNECT kms.example:443'])
  })
})
