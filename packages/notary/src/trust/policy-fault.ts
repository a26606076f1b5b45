/** One thing that is wrong with a trust policy file. */
export interface PolicyFault {
  /** An `error` makes the file unusable; a `warning` does not: notation ignores it too. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** The statement it is in, if it has a name. */
  readonly statement?: string
  /** From 1, as an editor counts. */
  readonly line?: number
  readonly column?: number
}

/** One line for people: `line 4, column 7: statement "prod": …`. */
export function formatPolicyFault({ message, statement, line, column }: PolicyFault): string {
  const where = line === undefined ? '' : `line ${line}, column ${column ?? 1}: `
  return `${where}${statement === undefined ? '' : `statement ${JSON.stringify(statement)}: `}${message}`
}
