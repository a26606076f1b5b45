// The public declarations of @sealwright/provider-aws-kms. Written by `npm run api`; do not edit.
import type { KeyProvider } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** Credentials, or a provider of them, such as one of `@aws-sdk/credential-providers`. */
export type AwsCredentialSource = AwsCredentials | (() => Promise<AwsCredentials>);

/** Credentials as the SDK takes them. */
export interface AwsCredentials {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string | undefined;
    readonly expiration?: Date | undefined;
}

/** What is needed of a `KMSClient` of `@aws-sdk/client-kms`. */
export interface AwsKmsClient {
    send(command: never, options?: {
        readonly abortSignal?: AbortSignal;
    }): Promise<unknown>;
    readonly config: {
        region(): Promise<string>;
        credentials(): Promise<{
            readonly accessKeyId: string;
        }>;
    };
}

/** What is left out is found as the AWS SDK finds it: variables, shared configuration, the machine's role. */
export interface AwsKmsOptions {
    /** A ready `KMSClient`, which stays its owner's: its retries, its region, its connections. Excludes all else. */
    readonly client?: AwsKmsClient | undefined;
    /** Of references that name none. */
    readonly region?: string | undefined;
    /** In place of AWS's own, or of `AWS_ENDPOINT_URL_KMS`: a VPC endpoint, an emulator. */
    readonly endpoint?: string | undefined;
    /** Lets requests go to other machines than this one without TLS, session tokens in them. */
    readonly allowPlainHttp?: boolean | undefined;
    /** Of the shared configuration. */
    readonly profile?: string | undefined;
    readonly credentials?: AwsCredentialSource | undefined;
    /** Uses the FIPS 140 endpoints. */
    readonly fips?: boolean | undefined;
    /** Uses the endpoints with IPv6. */
    readonly dualStack?: boolean | undefined;
    /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
    readonly proxyEnv?: ProxyEnv | undefined;
}

/**
 * AWS KMS as a key store. References are `awskms:///ARN`, `awskms:///alias/NAME` and `awskms:///ID`.
 *
 * Credentials, region and endpoint are found as the AWS SDK finds them, where options do not say otherwise. The provider
 * makes one client for each region, and disposing of it closes their connections, except those of a client that you passed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/release', { algorithm: 'ES256' })
 * ```
 */
export function awsKms(options?: AwsKmsOptions): KeyProvider & AsyncDisposable;
