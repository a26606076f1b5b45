import type { Failure } from './document.ts'
import type { Io, Sink } from './io.ts'

/** How wide a text for eyes may be; absent where programs read it, or where all of it was asked for. */
export interface Fit {
  readonly columns: number
}

const GAP = 2
/** No column is made narrower, and none with digests narrower than these are when shortened. */
const LEAST_WIDTH = 8
const DIGEST_WIDTH = 'sha256:'.length + 12

/**
 * Rows as columns of equal width, two spaces apart; no cell is empty, so that awk counts the same fields in each. Digests
 * are shortened, and the widest columns cut, where the table must `fit`.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[], fit?: Fit): string[] {
  const cells = [header, ...rows].map(row => row.map(cell => shortened(printable(cell), fit) || '-'))
  const widths = header.map((_, column) => Math.max(...cells.map(row => (row[column] ?? '-').length)))
  if (fit !== undefined) {
    const least = header.map((_, column) =>
      cells.some(row => /^sha\d+:/.test(row[column] ?? '')) ? DIGEST_WIDTH : LEAST_WIDTH,
    )
    narrow(widths, least, fit.columns)
  }
  return cells.map(row =>
    row
      .map((cell, column) => cut(cell, widths[column] as number).padEnd(widths[column] as number))
      .join(' '.repeat(GAP))
      .trimEnd(),
  )
}

/** Fits a line outside of a table into the width: its digests shortened, its end cut. */
export function fitted(line: string, fit: Fit | undefined): string {
  return fit === undefined ? line : cut(shortened(line, fit), fit.columns)
}

function shortened(text: string, fit: Fit | undefined): string {
  return fit === undefined
    ? text
    : text.replace(/\b(sha(?:256|384|512)):([0-9a-f]{12})[0-9a-f]{28,}/g, '$1:$2')
}

/** A text of at most `width` characters, its end marked where it was cut. */
export function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

/** Narrows the widest column that may be narrowed, until the row has at most `columns` characters. */
function narrow(widths: number[], least: readonly number[], columns: number): void {
  let over = widths.reduce((sum, width) => sum + width + GAP, -GAP) - columns
  for (; over > 0; over--) {
    const spare = widths.map((width, column) => (width > (least[column] as number) ? width : 0))
    const widest = spare.indexOf(Math.max(...spare))
    if (spare[widest] === 0) return
    widths[widest]!--
  }
}

/**
 * Text of foreign origin, fit for a terminal: control and format characters, which could move the cursor or turn the
 * direction of what follows, are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    character => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  )
}

/** Colours one piece of text, or leaves it as it is. Meaning is never in the colour alone. */
export type Style = (style: 'red' | 'green' | 'yellow' | 'bold' | 'dim', text: string) => string

export type ColorMode = 'auto' | 'always' | 'never'

/** The paint for one stream: `NO_COLOR` and `FORCE_COLOR` decide where `--color` does not. */
export function styleFor(mode: ColorMode, sink: Pick<Sink, 'isTerminal'>, env: Io['env']): Style {
  let coloured: boolean | undefined
  return (style, text) => {
    // Asked when the first text is painted: most runs paint none.
    coloured ??= isColoured(mode, sink, env)
    return coloured
      ? process.getBuiltinModule('node:util').styleText(style, text, { validateStream: false })
      : text
  }
}

function isColoured(mode: ColorMode, sink: Pick<Sink, 'isTerminal'>, env: Io['env']): boolean {
  if (mode !== 'auto') return mode === 'always'
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false'
  return sink.isTerminal && env.TERM !== 'dumb'
}

/** What a headline starts with: `error[CODE]: …`, `not verified[UNSIGNED]: …`. */
export type Kind = 'error' | 'not verified' | 'denied' | 'unknown' | 'skipped' | 'left behind'

/** The lines of a failure: what is wrong, the fact found, the next command. */
export function failureLines(
  kind: Kind,
  failure: { readonly code: string; readonly message: string } & Partial<
    Pick<Failure, 'why' | 'fix' | 'requestId'>
  >,
  style: Style,
): string[] {
  const { code, message, why, fix, requestId } = failure
  const facts = [why, requestId && !why?.includes(requestId) ? `request ${requestId}` : undefined].filter(
    Boolean,
  )
  return [
    `${style(kind === 'unknown' || kind === 'skipped' ? 'yellow' : 'red', `${kind}[${code}]`)}: ${printable(message)}`,
    ...(facts.length > 0 ? [`  why: ${printable(facts.join('; '))}`] : []),
    ...(fix ? [`  fix: ${printable(fix)}`] : []),
  ]
}
