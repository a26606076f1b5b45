/** What roff reads as something else than itself, or shows as another character. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\(rs',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

/** Text for a man page, in ASCII: at the beginning of a line or as the argument of a macro, every character is shown as it is. */
export function escapeRoff(text: string): string {
  return text
    .replace(/[\\'"`^~-]|[^\0-\x7f]/gu, character => SPECIAL[character] ?? `\\[u${codeOf(character)}]`)
    .replace(/^\./gm, '\\&.')
}

/** A code point as groff spells it: at least four hexadecimal digits. */
function codeOf(character: string): string {
  return character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
}

export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`
}

/**
 * A call or an option, with what is typed in bold and what stands for a value in italics: `--format <form>`,
 * `sealwright sign [options] [target...]`.
 */
export function callToRoff(text: string): string {
  return text.split(/(\.\.\.|[\s,|<>[\]]+)/).reduce<{ readonly roff: string; readonly depth: number }>(
    ({ roff, depth }, part, index) => {
      if (index % 2 === 0) {
        if (part === '') return { roff, depth }
        return { roff: roff + (depth > 0 ? `\\fI${escapeRoff(part)}\\fR` : bold(part)), depth }
      }
      const opened = part.replace(/[^<[]/g, '').length - part.replace(/[^>\]]/g, '').length
      // Italics say what angle brackets do.
      return { roff: roff + escapeRoff(part.replace(/[<>]/g, '')), depth: depth + opened }
    },
    { roff: '', depth: 0 },
  ).roff
}

/** Markdown of one line: code in bold, links as their text. */
export function markdownToRoff(text: string): string {
  return text
    .replace(/\[([^[\]]*)\]\([^()]*\)/g, '$1')
    .split('`')
    .map((part, index) => (index % 2 === 0 ? escapeRoff(part) : bold(part)))
    .join('')
}

/** Longest line of a source, by the style of mandoc. */
const MAX_LINE = 80

/** A paragraph of roff in lines, none of which begins with a request. */
export function fill(roff: string): string[] {
  const lines: string[] = []
  for (const word of roff.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= MAX_LINE)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word.replace(/^\./, '\\&.'))
  }
  return lines
}

/** The section `title`, or nothing where it has no lines. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${escapeRoff(title)}`, ...lines]
}

/** A list of terms, which are roff already, and what they are. */
export function terms(items: readonly (readonly [term: string, about: string])[]): string[] {
  return items.flatMap(([term, about]) => ['.TP', term, ...fill(about)])
}

/** Lines that are shown as they are. */
export function literal(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['.nf', ...lines.map(escapeRoff), '.fi']
}
