/** One member of an object or one item of a list, where it stands in a text. */
export interface JsonSpan {
  /** Decoded; nothing for an item of a list. */
  readonly name?: string
  /** From the name of a member on. */
  readonly start: number
  readonly value: { readonly start: number; readonly end: number }
}

/**
 * Finds the members of the object, or the items of the list, that begins at `start`, without reading them: what is
 * written again must be the very text that was read, with numbers that no double holds.
 *
 * @param text - JSON that was decoded before, so that it is known to be sound.
 */
export function jsonSpans(text: string, start = 0): readonly JsonSpan[] {
  const open = skipSpace(text, start)
  const isObject = text[open] === '{'
  const spans: JsonSpan[] = []
  let at = skipSpace(text, open + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    const first = at
    let name: string | undefined
    if (isObject) {
      const end = endOfText(text, at)
      name = JSON.parse(text.slice(at, end))
      // Behind the colon.
      at = skipSpace(text, skipSpace(text, end) + 1)
    }
    const end = endOfValue(text, at)
    spans.push({ ...(name === undefined ? {} : { name }), start: first, value: { start: at, end } })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return spans
}

/** The text of a value. */
export function valueText(text: string, { value }: JsonSpan): string {
  return text.slice(value.start, value.end)
}

/**
 * An object with one member set, or removed where there is no `value`; all others are the text that they were.
 *
 * @param value - JSON.
 */
export function withMember(object: string, name: string, value: string | undefined): string {
  const members = jsonSpans(object).filter(member => member.name !== name)
  const kept = members.map(({ start, value: { end } }) => object.slice(start, end))
  return `{${[...kept, ...(value === undefined ? [] : [`${JSON.stringify(name)}:${value}`])].join(',')}}`
}

function skipSpace(text: string, start: number): number {
  let at = start === 0 && text.startsWith('\uFEFF') ? 1 : start
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}

/** @param start - Of the quote that opens it. */
function endOfText(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
}

function endOfValue(text: string, start: number): number {
  if (text[start] === '"') return endOfText(text, start)
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]!
    if (character === '"') at = endOfText(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') {
      // The bracket of what holds a number or a word is none of its own.
      if (depth === 0) return trimmed(text, start, at)
      if (--depth === 0) return at + 1
    } else if (character === ',' && depth === 0) return trimmed(text, start, at)
  }
  return trimmed(text, start, text.length)
}

function trimmed(text: string, start: number, end: number): number {
  return start + text.slice(start, end).trimEnd().length
}
