export { abortError, pause, throwIfAborted } from './abort.ts'
export { asVerified, collectVerified, type Identity, isOwn, isRepeatable, verified } from './content.ts'
export { readList, readObject } from './descriptor-json.ts'
export {
  claimOf,
  claimTag,
  listedSubject,
  mayBeOfType,
  parseClaimTag,
  referrerEntry,
  referrersIndex,
} from './referrers-tag.ts'
export { release } from './release.ts'
export { retrying } from './retry.ts'
export { type ListedIndex, readReferrersIndex, referrerParts } from './salvage.ts'
