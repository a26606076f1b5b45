import assert from 'node:assert/strict'
import type { ProviderHarness } from './harness.ts'
import type { ProviderCase } from './provider-case.ts'

/** The reasons of the cases in which a server errs, by case id. */
export function deviationsOf(
  { name, deviations = {} }: ProviderHarness,
  ids: readonly string[],
  fake: readonly ProviderCase[] | undefined,
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>()
  for (const [pattern, reason] of Object.entries(deviations)) {
    const matching = ids.filter(id => matches(pattern, id))
    assert.ok(matching.length > 0, `${name}: the deviation ${pattern} names no case`)
    for (const id of matching) {
      const counterpart = fake?.find(each => each.id === id)
      assert.ok(
        counterpart !== undefined && counterpart.skip === undefined,
        `${name}: ${id} deviates, and the fake does not run it either`,
      )
      reasons.set(id, reason)
    }
  }
  return reasons
}

/** `*` stands for any run of characters. */
function matches(pattern: string, id: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(id)
}
