import type { JsonObject } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'

/**
 * Refuses members that differ from one of `names` in case only. Readers written in Go take them for the same member, so
 * that two of us could read one signed text in two ways.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertExactNames(object: JsonObject, names: readonly string[], label: string): void {
  let folded: ReadonlySet<string> | undefined
  for (const name of Object.keys(object)) {
    if (names.includes(name)) continue
    folded ??= new Set(names.map(fold))
    if (folded.has(fold(name))) {
      throw invalid(label, `${JSON.stringify(name)} differs from a known name in case only`)
    }
  }
}

/** As Go's `encoding/json`: ASCII case, and the two letters beyond ASCII that fold into it. */
function fold(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}
