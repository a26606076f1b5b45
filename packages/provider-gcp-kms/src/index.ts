export type { GcpAuthClient } from './auth-client.ts'
export type { GcpKmsClient } from './client.ts'
export type { GcpKmsOptions } from './gcp-kms.ts'
export { gcpKms } from './gcp-kms.ts'
