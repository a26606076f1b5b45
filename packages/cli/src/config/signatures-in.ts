import { resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { parseReference, shownReference } from '@sealwright/oci'
import { usageError } from '../runtime/usage.ts'
import { parseLayout } from './layout-reference.ts'

/** Where signatures are kept apart from what they sign: a whole repository, layout or archive. */
export type SignaturesPlace = { readonly text: string } & (
  | { readonly kind: 'registry'; readonly host: string; readonly repository: string }
  | { readonly kind: 'layout' | 'archive'; readonly path: string }
)

/** Says that signatures lie beside what they sign, whatever the configuration says. */
export const BESIDE = 'none'

/**
 * Reads what `--signatures-in` takes: `registry.example/signatures`, `oci:DIR`, `oci-archive:FILE`, or `none`.
 *
 * @returns `undefined` for `none`.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseSignaturesIn(text: string): SignaturesPlace | undefined {
  if (text === BESIDE) return undefined
  if (text.startsWith('oci:')) return layoutPlace(text, 'layout', text.slice('oci:'.length))
  if (text.startsWith('oci-archive:')) return layoutPlace(text, 'archive', text.slice('oci-archive:'.length))
  const { registry, repository, tag, digest } = readRepository(text)
  if (tag !== undefined || digest !== undefined) throw tooNarrow(text, `${registry}/${repository}`)
  return { text, kind: 'registry', host: registry, repository: `${registry}/${repository}` }
}

/** The same place, wherever the program is started: a relative path is one in `directory`. */
export function signaturesInFrom(text: string, directory: string): string {
  const place = parseSignaturesIn(text)
  if (place === undefined || place.kind === 'registry') return text
  return `${place.kind === 'layout' ? 'oci' : 'oci-archive'}:${resolve(directory, place.path)}`
}

function layoutPlace(text: string, kind: 'layout' | 'archive', rest: string): SignaturesPlace {
  const { path, tag, digest } = parseLayout(text, kind, rest)
  if (path === '-') {
    throw usageError(`"${text}" cannot hold signatures`, {
      why: 'stdin is read once, and cannot be written to',
      fix: 'name a file: oci-archive:FILE',
    })
  }
  if (tag !== undefined || digest !== undefined) {
    throw tooNarrow(text, `${kind === 'layout' ? 'oci' : 'oci-archive'}:${path}`)
  }
  return { text, kind, path }
}

function readRepository(text: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(text)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`"${shownReference(text)}" is not a repository`, {
      why: error.why ?? 'it has no host and repository',
      fix: 'name one for the signatures: registry.example/signatures, oci:DIR or oci-archive:FILE',
    })
  }
}

function tooNarrow(text: string, whole: string): Error {
  return usageError(`"${text}" names one artifact`, {
    why: 'signatures are found by their subject, in a whole repository',
    fix: `--signatures-in ${whole}`,
  })
}
