/** One way in which a server wants to be told who asks (RFC 9110 section 11.3). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))/y

/** Reads a `WWW-Authenticate` field. What cannot be read ends the list: a challenge is an offer, not an order. */
export function parseChallenges(field: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(field)
    if (match) at = pattern.lastIndex
    return match
  }
  for (;;) {
    take(/[\s,]*/y)
    const word = take(TOKEN)?.[0].toLowerCase()
    if (word === undefined) return challenges
    const current = challenges.at(-1)
    if (current !== undefined && take(/\s*=\s*/y)) {
      const value = take(QUOTED)?.[1]?.replace(/\\(.)/g, '$1') ?? take(TOKEN)?.[0]
      if (value === undefined) return challenges
      current.parameters[word] ??= value
    } else {
      challenges.push({ scheme: word, parameters: Object.create(null) })
      // `Negotiate abc=` has one value without a name.
      if (take(/ +/y)) take(TOKEN68)
    }
  }
}
