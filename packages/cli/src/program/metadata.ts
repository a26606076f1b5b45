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
