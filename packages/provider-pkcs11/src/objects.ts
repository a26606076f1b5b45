import { CKA, CKR } from './constants.ts'
import { rvOf } from './failure.ts'
import type { Attribute, Pkcs11Module } from './module.ts'

const BATCH = 64

/** The handles of all objects that fit a template. */
function findObjects(api: Pkcs11Module, session: Buffer, template: readonly Attribute[]): Buffer[] {
  api.C_FindObjectsInit(session, [...template])
  try {
    const found: Buffer[] = []
    for (;;) {
      const batch = api.C_FindObjects(session, BATCH)
      found.push(...batch)
      if (batch.length < BATCH) return found
    }
  } finally {
    api.C_FindObjectsFinal(session)
  }
}

/** Objects that outlive the session. */
export function tokenObjects(
  api: Pkcs11Module,
  session: Buffer,
  type: number,
  { id, label }: { readonly id?: Buffer | undefined; readonly label?: string | undefined } = {},
): Buffer[] {
  return findObjects(api, session, [
    { type: CKA.class, value: type },
    { type: CKA.token, value: true },
    ...(id === undefined ? [] : [{ type: CKA.id, value: id }]),
    ...(label === undefined ? [] : [{ type: CKA.label, value: label }]),
  ])
}

/** The value of an attribute; `undefined` where the object has none or does not tell. */
export function attribute(
  api: Pkcs11Module,
  session: Buffer,
  object: Buffer,
  type: number,
): Buffer | undefined {
  try {
    // One at a time: a module that lacks one of several refuses them all.
    return api.C_GetAttributeValue(session, object, [{ type }])[0]?.value
  } catch (error) {
    const rv = rvOf(error)
    if (rv === CKR.attributeTypeInvalid || rv === CKR.attributeSensitive) return undefined
    throw error
  }
}

/** A CK_BBOOL; `undefined` where the object has none. */
export function flag(api: Pkcs11Module, session: Buffer, object: Buffer, type: number): boolean | undefined {
  const value = attribute(api, session, object, type)
  return value === undefined || value.length === 0 ? undefined : value[0] !== 0
}
