export { awsKms } from './aws-kms.ts'
export type { AwsKmsClient } from './client.ts'
export type { AwsCredentialSource, AwsCredentials, AwsKmsOptions } from './options.ts'
