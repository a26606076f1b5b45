import { type Call, SealwrightError } from '@sealwright/core'
import type { AwsKmsClient } from './client.ts'
import { ownEndpoint } from './own-endpoint.ts'

/** How long STS may take: a network that lets only KMS through must not hold up the answer. */
const PATIENCE_MS = 3000

interface Request {
  readonly protocol: string
  readonly hostname: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Signer {
  sign(
    request: Request,
    options: { readonly signingDate: Date; readonly signingService: string; readonly signingRegion: string },
  ): Promise<Request>
}

interface Response {
  readonly statusCode: number
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>
}

/** What a KMS client can do besides KMS: sign a request to another service, and send it. */
interface Configuration {
  readonly useFipsEndpoint?: () => Promise<boolean>
  readonly endpointProvider?: (parameters: { readonly Region: string }) => { readonly url: URL }
  readonly signer?: (scheme: object) => Promise<Signer>
  /** What the SDK has found the clock of this machine to be behind, in milliseconds. */
  readonly systemClockOffset?: number
  readonly requestHandler?: {
    handle(request: Request, options: { readonly abortSignal: AbortSignal }): Promise<{ response: Response }>
  }
}

/**
 * The ARN of whom the credentials belong to, from `sts:GetCallerIdentity`, without the SDK of STS. `undefined` where an
 * endpoint was configured for KMS (the credentials were given for it and no other), where endpoints must be FIPS ones, and
 * where STS is out of reach.
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED` when STS refuses the credentials.
 */
export async function callerIdentity(
  client: AwsKmsClient,
  region: string,
  { signal }: Call,
): Promise<string | undefined> {
  const {
    signer,
    endpointProvider,
    requestHandler,
    useFipsEndpoint,
    systemClockOffset = 0,
  } = client.config as Configuration
  if (signer === undefined || endpointProvider === undefined || requestHandler === undefined) return undefined
  if ((await ownEndpoint(client)) !== undefined || (await useFipsEndpoint?.())) return undefined
  const { hostname } = endpointProvider({ Region: region }).url
  const request = stsRequest(hostname.replace(/^kms\./, 'sts.'))
  // The client signs all its requests for the service of its first signer, which is thus that of KMS; STS is named later.
  const scheme = { name: 'sigv4', signingName: 'kms', signingRegion: region, properties: {} }
  const signed = await (await signer(scheme)).sign(request, {
    signingDate: new Date(Date.now() + systemClockOffset),
    signingService: 'sts',
    signingRegion: region,
  })
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  let answer: { readonly statusCode: number; readonly text: string }
  try {
    const { response } = await requestHandler.handle(signed, { abortSignal })
    answer = { statusCode: response.statusCode, text: await textOf(response) }
  } catch {
    signal.throwIfAborted()
    return undefined
  }
  if (answer.statusCode === 401 || answer.statusCode === 403) {
    throw new SealwrightError('UNAUTHENTICATED', 'AWS refuses the credentials', {
      why: 'STS does not say whose they are: they have expired, or are wrong',
      fix: 'log in again, or give the job or machine a role',
    })
  }
  return /<Arn>(arn:aws[-a-z]*:[\w+=,.@:/-]{1,2048})<\/Arn>/.exec(answer.text)?.[1]
}

function stsRequest(hostname: string): Request {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15'
  return {
    protocol: 'https:',
    hostname,
    method: 'POST',
    path: '/',
    query: {},
    headers: {
      host: hostname,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      'content-length': String(body.length),
    },
    body,
  }
}

async function textOf({ body }: Response): Promise<string> {
  if (body === undefined) return ''
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
