/** Rows as columns of equal width, two spaces apart; no cell is empty, so that awk counts the same fields in each. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows].map(row => row.map(cell => printable(cell) || '-'))
  const widths = header.map((_, column) => Math.max(...all.map(row => (row[column] ?? '-').length)))
  return all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  )
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
