import type {
  CreateAliasCommandInput,
  CreateKeyCommandInput,
  CreateKeyResponse,
  DescribeKeyCommandInput,
  DescribeKeyResponse,
  GetKeyPolicyCommandInput,
  GetKeyPolicyResponse,
  GetPublicKeyCommandInput,
  GetPublicKeyResponse,
  ListAliasesCommandInput,
  ListAliasesResponse,
  ListKeysCommandInput,
  ListKeysResponse,
  SignCommandInput,
  SignCommandOutput,
  UpdateAliasCommandInput,
} from '@aws-sdk/client-kms'
import type { Call } from '@sealwright/core'
import { rememberRegion } from './failure.ts'

/** The SDK, as it is when it was imported. */
export type Sdk = typeof import('@aws-sdk/client-kms')

/** What is needed of a `KMSClient` of `@aws-sdk/client-kms`. */
export interface AwsKmsClient {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>
  readonly config: {
    region(): Promise<string>
    credentials(): Promise<{ readonly accessKeyId: string }>
  }
}

/** The operations of KMS that are used; each is one request. */
export interface Kms {
  readonly region: string
  getPublicKey(input: GetPublicKeyCommandInput, call: Call): Promise<GetPublicKeyResponse>
  describeKey(input: DescribeKeyCommandInput, call: Call): Promise<DescribeKeyResponse>
  sign(input: SignCommandInput, call: Call): Promise<SignCommandOutput>
  listKeys(input: ListKeysCommandInput, call: Call): Promise<ListKeysResponse>
  listAliases(input: ListAliasesCommandInput, call: Call): Promise<ListAliasesResponse>
  createKey(input: CreateKeyCommandInput, call: Call): Promise<CreateKeyResponse>
  createAlias(input: CreateAliasCommandInput, call: Call): Promise<unknown>
  updateAlias(input: UpdateAliasCommandInput, call: Call): Promise<unknown>
  getKeyPolicy(input: GetKeyPolicyCommandInput, call: Call): Promise<GetKeyPolicyResponse>
}

export interface KmsOptions {
  readonly sdk: Sdk
  readonly client: AwsKmsClient
  readonly region: string
  /** Called before each request; throws once the provider is disposed of. */
  assertOpen(): void
  /** What to throw in place of a failure. */
  amend(error: unknown): Promise<unknown>
}

export function kmsOf({ sdk, client, region, assertOpen, amend }: KmsOptions): Kms {
  const send = async <Output>(command: unknown, { signal }: Call): Promise<Output> => {
    assertOpen()
    try {
      return (await client.send(command as never, { abortSignal: signal })) as Output
    } catch (error) {
      rememberRegion(error, region)
      throw await amend(error)
    }
  }
  return {
    region,
    getPublicKey: (input, call) => send(new sdk.GetPublicKeyCommand(input), call),
    describeKey: (input, call) => send(new sdk.DescribeKeyCommand(input), call),
    sign: (input, call) => send(new sdk.SignCommand(input), call),
    listKeys: (input, call) => send(new sdk.ListKeysCommand(input), call),
    listAliases: (input, call) => send(new sdk.ListAliasesCommand(input), call),
    createKey: (input, call) => send(new sdk.CreateKeyCommand(input), call),
    createAlias: (input, call) => send(new sdk.CreateAliasCommand(input), call),
    updateAlias: (input, call) => send(new sdk.UpdateAliasCommand(input), call),
    getKeyPolicy: (input, call) => send(new sdk.GetKeyPolicyCommand(input), call),
  }
}
