import { STORE_TYPES, type StoreType } from './policy.ts'

export type ParsedStoreReference =
  | { readonly type: StoreType; readonly name: string; readonly fault?: undefined }
  | { readonly fault: string }

const NAME = /^[a-zA-Z0-9_.-]+$/

/** Reads `<type>:<name>` as policies write it: `ca:acme`. A name is one folder of the trust store, never `.` or `..`. */
export function parseStoreReference(text: string): ParsedStoreReference {
  const colon = text.indexOf(':')
  if (colon < 0) return { fault: `not of the form TYPE:NAME, with a type of ${STORE_TYPES.join(', ')}` }
  const type = STORE_TYPES.find(known => known === text.slice(0, colon))
  if (type === undefined) return { fault: `the type is one of ${STORE_TYPES.join(', ')}` }
  const name = text.slice(colon + 1)
  const fault = storeNameFault(name)
  return fault === undefined ? { type, name } : { fault }
}

/** What is wrong with the name of a trust store; `undefined` if nothing is. */
export function storeNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return 'the name is made of letters, digits, "_", "." and "-"'
  if (name === '.' || name === '..') return 'the name is a folder of its own, not "." or ".."'
  return undefined
}
