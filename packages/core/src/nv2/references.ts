import type { JsonValue } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'

const MAX_REFERENCES = 256
const MAX_LENGTH = 4096

/**
 * Reads the references of a manifest: at least one, each one word without control characters. Whether it is one that a
 * registry understands is for whoever compares it with a certificate.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readReferences(value: JsonValue, label: string): readonly string[] {
  if (!isList(value) || value.length === 0) throw invalid(label, 'references is empty or not a list')
  if (value.length > MAX_REFERENCES) throw invalid(label, `more than ${MAX_REFERENCES} references`)
  return value.map(item => {
    if (typeof item !== 'string' || item === '' || item.length > MAX_LENGTH || /[\s\p{C}]/u.test(item))
      throw invalid(label, 'a reference that is none')
    return item
  })
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
