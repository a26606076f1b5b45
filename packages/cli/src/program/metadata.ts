import { shellQuote } from '@sealwright/core/encoding'
import { usageError } from '../frame/usage.ts'

/** Reads `K=V`; keys of the Notary Project's own prefix are refused, as its signers refuse them. */
export function parseMetadata(text: string, label: string): readonly [key: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) {
    throw usageError(`${label}: "${text}" is not KEY=VALUE`, {
      why: 'metadata is KEY=VALUE',
      fix: `use ${label} build=42`,
    })
  }
  const key = text.slice(0, at)
  if (key.startsWith('io.cncf.notary')) {
    throw usageError(`${label}: the key "${key}" is reserved`, {
      why: 'keys that start with io.cncf.notary belong to the Notary Project',
      fix: 'choose another key',
    })
  }
  return [key, text.slice(at + 1)]
}

/** Metadata as one record. A key that is given twice is refused: one of the two would be ignored. */
export function metadataOf(
  pairs: readonly (readonly [key: string, value: string])[] = [],
): Readonly<Record<string, string>> {
  const metadata = new Map<string, string>()
  for (const [key, value] of pairs) {
    const other = metadata.get(key)
    if (other !== undefined) {
      throw usageError(`the metadata "${key}" is given twice`, {
        why: `once with the value "${other}", and once with "${value}"`,
        fix: `give it once: -m ${shellQuote(`${key}=${value}`)}`,
      })
    }
    metadata.set(key, value)
  }
  return Object.fromEntries(metadata)
}
