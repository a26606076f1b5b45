import { isSealwrightError } from '@sealwright/core'
import type { StoreCall } from '../artifact-store.ts'
import { collectVerified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { MAX_MANIFEST_BYTES } from '../manifest.ts'
import { MediaTypes } from '../media-types.ts'
import { type ListedIndex, readReferrersIndex } from '../salvage.ts'
import type { LayoutFiles } from './backend.ts'

/**
 * What a list of referrers names. `taken` where something else has its tag: that is somebody's and stays, and referrers are
 * found without a list. A list that is damaged is of no use to anybody, and is made again.
 */
export async function readList(
  files: LayoutFiles,
  descriptor: Descriptor,
  call: StoreCall,
): Promise<ListedIndex | 'taken' | undefined> {
  if (descriptor.mediaType !== MediaTypes.index) return 'taken'
  if ((await files.sizeOf(descriptor.digest, call)) === undefined) return undefined
  try {
    const bytes = await collectVerified(descriptor, files.read(descriptor.digest, call), {
      from: files.name,
      maxBytes: MAX_MANIFEST_BYTES,
    })
    return readReferrersIndex(bytes)
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'INTEGRITY') return undefined
    if (isSealwrightError(error) && error.code === 'VALIDATION') return 'taken'
    throw error
  }
}
