import assert from 'node:assert/strict'
import { changeCases } from './cases/changes.ts'
import { concurrencyCases } from './cases/concurrency.ts'
import { disposalCases } from './cases/disposal.ts'
import { ecdsaCases } from './cases/ecdsa.ts'
import { failureCases } from './cases/failures.ts'
import { keyCases } from './cases/keys.ts'
import { managingCases } from './cases/managing.ts'
import { pinCases } from './cases/pin.ts'
import { referenceCases } from './cases/references.ts'
import { replyCases } from './cases/replies.ts'
import { secretCases } from './cases/secrets.ts'
import { sizeCases } from './cases/sizes.ts'
import { throttlingCases } from './cases/throttling.ts'
import { timeCases } from './cases/time.ts'
import type { Definition } from './definition.ts'
import { deviationsOf } from './deviations.ts'
import type { ProviderHarness } from './harness.ts'
import type { ProviderCase } from './provider-case.ts'

/**
 * Returns the cases that every key store must pass, for a test runner of your choice. Run them one after the other: they
 * share the store, and some break it for a while.
 *
 * @throws AssertionError for an invalid harness: two keys of one name, a deviation without a case, or a deviation of a case
 * that the fake does not run either.
 *
 * @example
 * ```ts
 * import test from 'node:test'
 * import { type ProviderHarness, providerCases } from '@sealwright/conformance'
 *
 * declare const harness: ProviderHarness
 * for (const { title, skip, run } of providerCases(harness)) test(title, { skip: skip ?? false }, run)
 * ```
 */
export function providerCases(harness: ProviderHarness): readonly ProviderCase[] {
  const definitions = definitionsOf(harness)
  const ids = definitions.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length, 'two keys of the harness have one name')
  const fake = harness.fake === undefined ? undefined : providerCases(harness.fake)
  const deviations = deviationsOf(harness, ids, fake)
  return definitions.map(definition => {
    const { id, does, needs, run } = definition
    const skip = deviations.get(id) ?? lacking(harness, definition) ?? definition.cannot
    return {
      id,
      title: `${harness.name} ${does}`,
      needs,
      skip,
      run: () => run(harness),
    }
  })
}

function definitionsOf(harness: ProviderHarness): readonly Definition[] {
  return [
    ...referenceCases,
    ...keyCases(harness),
    ...ecdsaCases(harness),
    ...sizeCases(harness),
    ...changeCases,
    ...failureCases,
    ...managingCases,
    ...throttlingCases,
    ...timeCases,
    ...replyCases,
    ...concurrencyCases,
    ...disposalCases,
    ...pinCases,
    ...secretCases,
  ]
}

function lacking(harness: ProviderHarness, { needs }: Definition): string | undefined {
  const missing = needs.filter(path => !isThere(harness, path))
  return missing.length === 0 ? undefined : `the harness has no ${missing.join(' and no ')}`
}

function isThere(harness: ProviderHarness, path: string): boolean {
  let member: unknown = harness
  for (const name of path.split('.')) member = (member as Record<string, unknown> | undefined)?.[name]
  return member !== undefined
}
