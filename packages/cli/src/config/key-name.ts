import { isKeyName } from '@sealwright/keyring'
import { usageError } from '../runtime/usage.ts'

export { isKeyName }

/** The name, or `VALIDATION`. */
export function assertKeyName(text: string): string {
  if (!isKeyName(text)) {
    throw usageError(`${JSON.stringify(text)} is not a name of a key`, {
      why: 'a name is 1 to 64 letters, digits, dots, dashes and underscores',
      fix: 'choose a name such as release',
    })
  }
  return text
}
