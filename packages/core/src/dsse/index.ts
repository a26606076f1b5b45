export type { DsseAttributes, DssePayload } from './dsse.ts'
export { dsse } from './dsse.ts'
export { preAuthEncoding } from './pre-auth-encoding.ts'
