export { notaryAlgorithmFor } from '../notary/algorithm-for.ts'
export type { ExtendedAttribute, NotaryAttributes } from '../notary/attributes.ts'
export { notaryCose } from './notary-cose.ts'
