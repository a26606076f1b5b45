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

/** What to do with what is there instead of a layout. */
interface Ways {
  readonly folder: (folder: string) => string
  readonly docker: string
}

/**
 * Returns the error for a place that is not a layout; it names what is there instead, if that is known.
 *
 * @param names - Paths of the files in it.
 */
export function noLayout(message: string, names: readonly string[], ways: Ways): SealwrightError {
  const why = `it has no file ${LAYOUT_FILE}`
  const inner = names.find(name => name.endsWith(`/${LAYOUT_FILE}`))
  if (inner !== undefined) {
    const folder = inner.slice(0, -LAYOUT_FILE.length - 1)
    return new SealwrightError('NOT_FOUND', message, {
      why: `${why}; the layout lies in ${folder}/`,
      fix: ways.folder(folder),
    })
  }
  if (names.includes('manifest.json')) {
    return new SealwrightError('NOT_FOUND', message, {
      why: `${why}; this is what docker save wrote before version 25 (a docker-archive)`,
      fix: `convert it: ${ways.docker}`,
    })
  }
  return new SealwrightError('NOT_FOUND', message, { why, fix: 'check the path' })
}

/** Where a blob lies in a layout. The digest was checked: its parts are plain names. */
export function blobPath({ algorithm, hex }: { readonly algorithm: string; readonly hex: string }): string {
  return `blobs/${algorithm}/${hex}`
}
