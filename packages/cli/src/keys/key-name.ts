import { usageError } from '../frame/usage.ts'

/** The characters of a name of a key; the same as Notation's for named stores, so that `ca:NAME` always exists. */
const FORM = /^[a-zA-Z0-9_.-]{1,64}$/

/** Whether a text is a name of a key, and so no reference, which has a scheme. */
export function isKeyName(text: string): boolean {
  return FORM.test(text) && text !== '.' && text !== '..'
}

/** The name, or `VALIDATION`. */
export function assertKeyName(text: string): string {
  if (!isKeyName(text)) {
    throw usageError(`${JSON.stringify(text)} is no name of a key`, {
      why: 'a name is 1 to 64 letters, digits, dots, dashes and underscores',
      fix: 'choose a name such as release',
    })
  }
  return text
}
