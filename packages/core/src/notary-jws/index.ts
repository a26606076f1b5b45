export type { ExtendedAttribute, NotaryAttributes } from '../notary/attributes.ts'
export { notaryAlgorithmFor } from '../notary/signing-identity.ts'
export { notaryJws } from './notary-jws.ts'
