/** Returns a function that reads at most once and remembers; what throws is read again, and throws again. */
export function once<T>(read: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => {
    known ??= { value: read() }
    return known.value
  }
}
