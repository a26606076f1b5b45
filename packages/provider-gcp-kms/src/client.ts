import type { protos } from '@google-cloud/kms'
import type { Call } from '@sealwright/core'

type V1 = typeof protos.google.cloud.kms.v1
type Message<Name extends keyof V1> = InstanceType<
  Extract<V1[Name], abstract new (...args: never) => unknown>
>

export type PublicKey = Partial<Message<'PublicKey'>>
type AsymmetricSignResponse = Partial<Message<'AsymmetricSignResponse'>>
export type CryptoKey = Partial<Message<'CryptoKey'>>
export type CryptoKeyVersion = Partial<Message<'CryptoKeyVersion'>>

/** What a call of the SDK may be told. */
interface CallOptions {
  readonly retry: null
  readonly timeout: number
  readonly signal: AbortSignal
  readonly autoPaginate?: false | undefined
  readonly otherArgs?: { readonly headers: Record<string, string> }
}

type Unary = (request: never, options: never) => Promise<readonly [unknown, unknown, unknown]>

/** What is needed of a `KeyManagementServiceClient` of `@google-cloud/kms`. */
export interface GcpKmsClient {
  initialize(): Promise<object>
  readonly auth: object
  readonly asymmetricSign: Unary
  readonly getPublicKey: Unary
  readonly getCryptoKey: Unary
  readonly getCryptoKeyVersion: Unary
  readonly createCryptoKey: Unary
  readonly createCryptoKeyVersion: Unary
  readonly listKeyRings: Unary
  readonly listCryptoKeys: Unary
  readonly listCryptoKeyVersions: Unary
}

export interface SignRequest {
  readonly name: string
  readonly digest?:
    | Readonly<Partial<Record<'sha256' | 'sha384' | 'sha512' | 'externalMu', Uint8Array>>>
    | undefined
  readonly digestCrc32c?: { readonly value: number }
  readonly data?: Uint8Array | undefined
  readonly dataCrc32c?: { readonly value: number }
}

interface ListRequest {
  readonly parent: string
  readonly filter?: string | undefined
  readonly pageSize?: number | undefined
  readonly pageToken?: string | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where to go on; absent on the last page. */
  readonly next?: string | undefined
}

/** The operations of Cloud KMS that are used; each is one request. */
export interface Kms {
  readonly client: GcpKmsClient
  asymmetricSign(request: SignRequest, call: Call): Promise<AsymmetricSignResponse>
  getPublicKey(
    request: { readonly name: string; readonly publicKeyFormat?: 'NIST_PQC' | undefined },
    call: Call,
  ): Promise<PublicKey>
  getCryptoKey(request: { readonly name: string }, call: Call): Promise<CryptoKey>
  getCryptoKeyVersion(request: { readonly name: string }, call: Call): Promise<CryptoKeyVersion>
  createCryptoKey(
    request: { readonly parent: string; readonly cryptoKeyId: string; readonly cryptoKey: object },
    call: Call,
  ): Promise<CryptoKey>
  createCryptoKeyVersion(
    request: { readonly parent: string; readonly cryptoKeyVersion: object },
    call: Call,
  ): Promise<CryptoKeyVersion>
  listKeyRings(request: ListRequest, call: Call): Promise<Page<{ readonly name?: string | null }>>
  listCryptoKeys(request: ListRequest, call: Call): Promise<Page<CryptoKey>>
  listCryptoKeyVersions(request: ListRequest, call: Call): Promise<Page<CryptoKeyVersion>>
}

export interface Calls {
  /** In milliseconds, or infinite; the deadline of a call is in its signal. */
  readonly timeoutMs: number
  /** Runs a request while the client is open, and ends it when the client is closed. */
  guarded<T>(call: Call, task: (signal: AbortSignal) => Promise<T>): Promise<T>
  /** Sent with each request. */
  readonly headers?: (() => Promise<Record<string, string>>) | undefined
}

export function kmsOf(client: GcpKmsClient, { timeoutMs, guarded, headers }: Calls): Kms {
  type Method = Exclude<keyof GcpKmsClient, 'initialize' | 'auth'>
  // The SDK writes into its options: each call has its own.
  const options = async (signal: AbortSignal): Promise<CallOptions> => ({
    retry: null,
    timeout: timeoutMs,
    signal,
    ...(headers === undefined ? {} : { otherArgs: { headers: await headers() } }),
  })
  const send = <T>(method: Method, request: unknown, call: Call): Promise<T> =>
    guarded(call, async signal => {
      const [reply] = await client[method](request as never, (await options(signal)) as never)
      return reply as T
    })
  const list = <T>(method: Method, request: ListRequest, call: Call): Promise<Page<T>> =>
    guarded(call, async signal => {
      const paged = { ...(await options(signal)), autoPaginate: false } as const
      const [items, next] = await client[method](request as never, paged as never)
      const { pageToken } = (next ?? {}) as { readonly pageToken?: string | undefined }
      return { items: items as readonly T[], ...(pageToken ? { next: pageToken } : {}) }
    })
  return {
    client,
    asymmetricSign: (request, call) => send('asymmetricSign', request, call),
    getPublicKey: (request, call) => send('getPublicKey', request, call),
    getCryptoKey: (request, call) => send('getCryptoKey', request, call),
    getCryptoKeyVersion: (request, call) => send('getCryptoKeyVersion', request, call),
    createCryptoKey: (request, call) => send('createCryptoKey', request, call),
    createCryptoKeyVersion: (request, call) => send('createCryptoKeyVersion', request, call),
    listKeyRings: (request, call) => list('listKeyRings', request, call),
    listCryptoKeys: (request, call) => list('listCryptoKeys', request, call),
    listCryptoKeyVersions: (request, call) => list('listCryptoKeyVersions', request, call),
  }
}
