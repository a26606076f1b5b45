/** A distinguished name (X.501), its relative names in the order of the DER encoding: the country first, as a rule. */
export interface DistinguishedName {
  readonly rdns: readonly RelativeName[]
}

/** The attributes of one relative name: one, unless the name is multi-valued. */
export type RelativeName = readonly NameAttribute[]

export interface NameAttribute {
  /**
   * `C`, `ST`, `L`, `STREET`, `POSTALCODE`, `O`, `OU`, `CN` or `SERIALNUMBER`; for any other type its OID in dotted form,
   * or, in a name that was read from text, the unknown name as it was written.
   */
  readonly type: string
  readonly value: string
}

/** The values of one attribute type, in the order of the encoding. */
export function attributeValues(name: DistinguishedName, type: string): readonly string[] {
  return name.rdns.flatMap(rdn => rdn.filter(attribute => attribute.type === type).map(({ value }) => value))
}
