import { readBlob } from '../read.ts'
import type { Sides } from './copy-content.ts'
import type { PlannedManifest } from './copy-plan.ts'

/** How often one that is not listed is pushed again. */
const ATTEMPTS = 3

/**
 * Looks whether a destination lists the referrers that it took, each subject once, and pushes those again, one after the
 * other, that it does not: a registry may lose one of two that come at the same time, and say that it has both (olareg
 * 0.1.2 does).
 *
 * @returns Those that it still does not list.
 */
export async function lostReferrers(
  pushed: readonly PlannedManifest[],
  sides: Sides,
): Promise<readonly PlannedManifest[]> {
  const subjects = new Map<string, PlannedManifest[]>()
  for (const referrer of pushed) {
    const digest = referrer.subject?.digest
    if (digest === undefined) continue
    const others = subjects.get(digest)
    if (others === undefined) subjects.set(digest, [referrer])
    else others.push(referrer)
  }
  const lost: PlannedManifest[] = []
  for (const referrers of subjects.values()) lost.push(...(await lostOf(referrers, sides)))
  return lost
}

async function lostOf(
  referrers: readonly PlannedManifest[],
  { from, to, call }: Sides,
): Promise<readonly PlannedManifest[]> {
  let missing = referrers
  for (let attempt = 0; attempt <= ATTEMPTS; attempt++) {
    const listed = new Set<string>()
    for await (const { digest } of to.referrers(referrers[0]!.subject!, call)) listed.add(digest)
    missing = missing.filter(({ descriptor }) => !listed.has(descriptor.digest))
    if (missing.length === 0 || attempt === ATTEMPTS) break
    for (const { descriptor, bytes } of missing)
      await to.push(descriptor, bytes ?? (await readBlob(from, descriptor, descriptor.size, call)), {
        ...call,
        anyway: true,
      })
  }
  return missing
}
