/**
 * Quotes one word of a command that is printed to be pasted into a POSIX shell. A word without special characters is
 * returned as it is.
 */
export function shellQuote(word: string): string {
  return /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/.test(word)
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`
}
