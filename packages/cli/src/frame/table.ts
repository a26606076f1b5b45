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

/** One line that is no row of a table: its digests shortened, its end cut. */
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

/** Takes from the widest column that can give until the row is no longer than `columns`. */
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
