export { type CheckedPolicy, checkTrustPolicy } from './trust/check-policy.ts'
export { formatTrustPolicy, parseTrustPolicy } from './trust/parse-policy.ts'
export type { Statement } from './trust/policy.ts'
export { selectBlobStatement, selectOciStatement } from './trust/select-statement.ts'
