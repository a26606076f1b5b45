import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { SealwrightError } from '@sealwright/core'
import { type AwsKmsClient, type Kms, kmsOf, type Sdk } from './client.ts'
import { assertEnvironment, defaultRegion, missingProfile } from './environment.ts'
import type { AwsKmsOptions } from './options.ts'
import { transport } from './transport.ts'

/** The clients of one provider: one for each region that is asked for, made when it is. */
export interface Clients extends AsyncDisposable {
  /** @param region - Of the reference; the client's own without one. */
  kms(region: string | undefined): Promise<Kms>
  client(region: string | undefined): Promise<AwsKmsClient>
}

interface Connection {
  readonly client: AwsKmsClient
  readonly kms: Kms
  destroy(): Promise<void>
}

const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

const FIRST = { getRetryCount: () => 0, getRetryDelay: () => 0 }

/** No second attempt, nor the book-keeping for one. */
const ONCE = {
  acquireInitialRetryToken: async () => FIRST,
  refreshRetryTokenForRetry: async () => {
    throw new Error('no second attempt')
  },
  recordSuccess: () => {},
}

export function clientsOf(options: AwsKmsOptions): Clients {
  const made = new Map<string | undefined, Promise<Connection>>()
  let isClosed = false

  const assertOpen = () => {
    if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of AWS KMS is disposed of')
  }
  const connect = async (region: string): Promise<Connection> => {
    assertOpen()
    const sdk = await loadSdk()
    const { client, destroy } = readyClient(options) ?? (await makeClient(sdk, options, region))
    const actual = await regionOf(client, options)
    if (actual !== region) {
      throw new SealwrightError('VALIDATION', `the key is in ${region} and the given client asks ${actual}`, {
        fix: `give a client of ${region}, or none`,
      })
    }
    return { client, kms: kmsOf({ sdk, client, region, assertOpen, amend }), destroy }
  }
  /** The SDK says of a profile that is not there what it says of any that gives nothing. */
  const amend = async (error: unknown): Promise<unknown> => {
    if ((error as Error).name !== 'CredentialsProviderError' || options.client !== undefined) return error
    const why = await missingProfile(options)
    if (why === undefined) return error
    return new SealwrightError('UNAUTHENTICATED', 'there are no AWS credentials', {
      why,
      fix: 'correct the name of the profile; `aws configure list-profiles` lists them',
      cause: error,
    })
  }
  const ownRegion = async (): Promise<string> => {
    assertOpen()
    if (options.region !== undefined) return options.region
    const ready = readyClient(options)
    if (ready !== undefined) return regionOf(ready.client, options)
    const { client, destroy } = await makeClient(await loadSdk(), options, defaultRegion())
    return regionOf(client, options).finally(destroy)
  }
  const connection = (region: string | undefined): Promise<Connection> => {
    let found = made.get(region)
    if (found === undefined) {
      // One client for a region, whether it is named or not: each has credentials of its own to fetch.
      found = region === undefined ? ownRegion().then(connection) : connect(region)
      made.set(region, found)
      // What failed to be made (no region in the environment) may be made later.
      found.catch(() => made.delete(region))
    }
    return found
  }
  return {
    kms: async region => (await connection(region)).kms,
    client: async region => (await connection(region)).client,
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      const all = await Promise.allSettled(made.values())
      made.clear()
      await Promise.all(all.map(each => (each.status === 'fulfilled' ? each.value.destroy() : undefined)))
    },
  }
}

/** It costs 100 ms to load: only who opens a key pays for it. */
function loadSdk(): Promise<Sdk> {
  return import('@aws-sdk/client-kms')
}

function readyClient({ client }: AwsKmsOptions): Pick<Connection, 'client' | 'destroy'> | undefined {
  return client && { client, destroy: async () => {} }
}

async function makeClient(
  sdk: Sdk,
  options: AwsKmsOptions,
  region: string | undefined,
): Promise<Pick<Connection, 'client' | 'destroy'>> {
  assertEnvironment(options)
  const { endpoint, profile, credentials, fips, dualStack, allowPlainHttp = false, proxyEnv } = options
  const requestHandler = transport({ allowPlainHttp, proxyEnv })
  const client = new sdk.KMSClient({
    // Attempts are the pipeline's: one budget, one deadline, every attempt seen.
    maxAttempts: 1,
    retryStrategy: ONCE,
    requestHandler: requestHandler as never,
    // Some of the SDK's warnings go to the console where no logger takes them.
    logger: SILENT,
    region,
    endpoint,
    profile,
    credentials,
    useFipsEndpoint: fips,
    useDualstackEndpoint: dualStack,
  } as KMSClientConfig)
  // It walks through each request and reply to hide what is secret from a logger that takes nothing.
  client.middlewareStack.remove('loggerMiddleware')
  signOnce(client.config)
  return {
    client,
    destroy: async () => {
      client.destroy()
      requestHandler.destroy()
    },
  }
}

type Config = InstanceType<Sdk['KMSClient']>['config']

/** The SDK makes a signer for each request. One does for all: the endpoint, and with it region and service, stay. */
function signOnce(config: Config): void {
  const make = config.signer
  let made: ReturnType<typeof make> | undefined
  config.signer = scheme => {
    if (made === undefined) {
      made = make(scheme)
      made.catch(() => {
        made = undefined
      })
    }
    return made
  }
}

async function regionOf(client: AwsKmsClient, options: AwsKmsOptions): Promise<string> {
  try {
    return await client.config.region()
  } catch (cause) {
    const profile = options.client === undefined ? await missingProfile(options) : undefined
    throw new SealwrightError('VALIDATION', 'no AWS region is known', {
      why: profile ?? 'neither the reference, AWS_REGION, AWS_DEFAULT_REGION nor the profile names one',
      fix:
        profile === undefined
          ? 'write the ARN of the key, or ?region=… behind the reference, or set AWS_REGION'
          : 'correct the name of the profile; `aws configure list-profiles` lists them',
      cause,
    })
  }
}
