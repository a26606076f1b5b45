export { abortError, pause, throwIfAborted } from './abort.ts'
export {
  asVerified,
  collectVerified,
  type Identity,
  isReplayable,
  isVerified,
  type ReleasableContent,
  releasable,
  releaseOf,
  verified,
} from './content.ts'
export { readList, readObject } from './descriptor-json.ts'
export {
  listedSubject,
  mayBeOfType,
  parseReferrerTag,
  referrerEntry,
  referrerPart,
  referrersIndex,
  referrerTag,
} from './referrers-tag.ts'
export { retrying } from './retry.ts'
export { type ListedIndex, readReferrersIndex, referrerParts } from './salvage.ts'
