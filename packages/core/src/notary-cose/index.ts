export type { ExtendedAttribute, NotaryAttributes } from '../notary/attributes.ts'
export { notaryAlgorithmFor } from '../notary/signing-identity.ts'
export { notaryCose } from './notary-cose.ts'
