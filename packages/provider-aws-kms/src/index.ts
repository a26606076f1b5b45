export type { AwsKmsOptions } from './aws-kms.ts'
export { awsKms } from './aws-kms.ts'
export type { AwsKmsClient } from './client.ts'
export type { AwsCredentialSource, AwsCredentials } from './clients.ts'
