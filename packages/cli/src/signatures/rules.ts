import type { AlgorithmId } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { Settings } from '../config/settings.ts'
import { DeniedError } from '../runtime/failure.ts'
import type { Session } from '../session/session.ts'
import type { Target } from '../targets/target.ts'

type Rules = Pick<Settings, 'sign' | 'paths'>

/** Holds the targets to the configuration's rules for signing: exit 4 for a tag where a digest is demanded. */
export function assertAllowed({ sign: rules, paths }: Rules, targets: readonly Target[]): void {
  const tagged = targets.find(target => target.kind === 'registry' && target.digest === undefined)
  if (!rules.requireDigest || tagged === undefined) return
  throw new DeniedError(`${tagged.text} names no digest`, {
    why: `${paths.config} says sign.requireDigest: a tag may move between building and signing`,
    fix: `sealwright sign ${shellQuote(tagged.text)}@sha256:…`,
  })
}

/** Holds the algorithm to the configuration's rules for signing: exit 4. */
export function assertAllowedAlgorithm({ sign: rules, paths }: Rules, algorithm: AlgorithmId): void {
  if (rules.algorithms === undefined || rules.algorithms.includes(algorithm)) return
  throw new DeniedError(`signing with ${algorithm} is not allowed`, {
    why: `${paths.config} allows ${rules.algorithms.join(', ') || 'none'} in sign.algorithms`,
    fix: 'use a key that signs with one of them',
  })
}

type ProjectSetting = NonNullable<Settings['project']>['decides'][number]

/**
 * Names the file of the working directory that decides something here, and what.
 *
 * @param undecided - What no flag decides.
 */
export function noteProject(
  session: Pick<Session, 'note'>,
  { project, key, format, expiryMs, metadata }: Settings,
  undecided: readonly ProjectSetting[],
): void {
  if (project === undefined) return
  const pairs = Object.entries(metadata).map(([name, value]) => `${name}=${value}`)
  const texts: Readonly<Record<ProjectSetting, string>> = {
    key: `key ${key}`,
    format: `format ${format}`,
    expiry: `expiry ${expiryMs === undefined ? 'none' : `${expiryMs / 1000}s`}`,
    metadata: `metadata ${pairs.join(', ')}`,
  }
  const decided = project.decides.filter(name => undecided.includes(name)).map(name => texts[name])
  if (decided.length > 0) session.note(`${project.path} decides: ${decided.join('; ')}`)
}
