export { notaryAlgorithmFor } from '../notary/algorithm-for.ts'
export type { ExtendedAttribute, NotaryAttributes } from '../notary/attributes.ts'
export { notaryJws } from './notary-jws.ts'
