import type { Skips } from '../services/tool.ts'

/** A bench without its peer says nothing: what is missing ends it. */
export const mustHave: Skips = {
  skip(reason: string): never {
    throw new Error(reason)
  },
}
