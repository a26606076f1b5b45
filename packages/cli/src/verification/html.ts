import { printable } from '../runtime/text.ts'

/** Markup of our own, in which every other text is escaped. Made by {@link html} alone. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** `false` and `undefined` are left out, so that `condition && html…` can stand in a template. */
type Part = string | number | false | undefined | Html | readonly Html[]

/** More of one text than this is cut, with its length in its place: the JSON report has the whole. */
const MAX_TEXT = 2000

/** A template of markup: what is put into it is markup if it was made here, and text of foreign origin if not. */
export function html(markup: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(markup.reduce((made, next, index) => `${made}${markupOf(parts[index - 1])}${next}`))
}

function markupOf(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.markup
  if (typeof part === 'number') return String(part)
  return typeof part === 'string' ? escaped(part) : part.map(({ markup }) => markup).join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for an element or a quoted attribute; characters that cannot be seen, or turn the direction, are shown as escapes. */
function escaped(text: string): string {
  const whole = text.length <= MAX_TEXT
  const shown = whole ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`
  return printable(shown).replace(/[&<>"']/g, character => ENTITIES[character] as string)
}
