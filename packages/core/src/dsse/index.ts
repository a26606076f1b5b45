export type { DsseAttributes, DssePayload } from './dsse.ts'
export { dsse, preAuthEncoding } from './dsse.ts'
