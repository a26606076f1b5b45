/** The attribute types that Go, and so notation, prints by name; any other is printed as its OID. Keys: short names. */
const PRINTED_BY_NAME: Readonly<Record<string, string>> = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  STREET: '2.5.4.9',
  POSTALCODE: '2.5.4.17',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  SERIALNUMBER: '2.5.4.5',
}

/** Names that are read, and printed as what they stand for: `S` as notation reads it, the rest of RFC 4514 and openssl. */
const READ_BY_NAME: Readonly<Record<string, string>> = {
  S: '2.5.4.8',
  DC: '0.9.2342.19200300.100.1.25',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
}

/** The types in the order in which Go writes and prints them. */
export const CANONICAL_ORDER: readonly string[] = /* @__PURE__ */ Object.keys(PRINTED_BY_NAME)

/** The type of an attribute as {@link NameAttribute} has it, from a short name or OID; unknown names stay as they are. */
export function attributeType(text: string): string {
  const oid = lookUp(PRINTED_BY_NAME, text) ?? lookUp(READ_BY_NAME, text) ?? text
  return CANONICAL_ORDER.find(name => PRINTED_BY_NAME[name] === oid) ?? oid
}

/** The OID of an attribute's type; `undefined` for a name that nothing is known of. */
export function attributeOid(type: string): string | undefined {
  if (Object.hasOwn(PRINTED_BY_NAME, type)) return PRINTED_BY_NAME[type]
  return isDottedOid(type) ? type : undefined
}

/** `constructor` and its like are members of every object, and no attribute types. */
function lookUp(names: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(names, name) ? names[name] : undefined
}

export function isDottedOid(text: string): boolean {
  return /^[0-2](\.(0|[1-9][0-9]*))+$/.test(text)
}
