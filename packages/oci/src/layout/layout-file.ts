import { SealwrightError } from '@sealwright/core'
import { decodeJson } from '@sealwright/core/encoding'
import { readObject } from '../descriptor-json.ts'

/** The file that marks a layout (image-spec `image-layout.md`). */
export const LAYOUT_FILE = 'oci-layout'
export const LAYOUT_BYTES: Uint8Array = Buffer.from('{"imageLayoutVersion":"1.0.0"}')
export const MAX_LAYOUT_BYTES: number = 64 * 1024

/** @throws {@link SealwrightError} `VALIDATION`, `UNSUPPORTED`. */
export function assertLayoutVersion(bytes: Uint8Array, label: string): void {
  const { imageLayoutVersion } = readObject(decodeJson(bytes, { label, maxBytes: MAX_LAYOUT_BYTES }), label)
  if (imageLayoutVersion !== '1.0.0') {
    throw new SealwrightError('UNSUPPORTED', `${label} is of a version that is not known here`, {
      why: `found ${JSON.stringify(imageLayoutVersion)?.slice(0, 80)}, expected "1.0.0"`,
    })
  }
}

/** Where a blob lies in a layout. The digest was checked: its parts are plain names. */
export function blobPath({ algorithm, hex }: { readonly algorithm: string; readonly hex: string }): string {
  return `blobs/${algorithm}/${hex}`
}
