import type { AlgorithmId } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { Settings } from '../config/settings.ts'
import { deniedError } from '../frame/denied.ts'
import type { Target } from '../targets/target.ts'

type Rules = Pick<Settings, 'sign' | 'paths'>

/** Holds the targets to the configuration's rules for signing: exit 4 for a tag where a digest is demanded. */
export function assertAllowed({ sign: rules, paths }: Rules, targets: readonly Target[]): void {
  const tagged = targets.find(target => target.kind === 'registry' && target.digest === undefined)
  if (!rules.requireDigest || tagged === undefined) return
  throw deniedError(`${tagged.text} names no digest`, {
    why: `${paths.config} says sign.requireDigest: a tag may move between building and signing`,
    fix: `sealwright sign ${shellQuote(tagged.text)}@sha256:…`,
  })
}

/** Holds the algorithm to the configuration's rules for signing: exit 4. */
export function assertAllowedAlgorithm({ sign: rules, paths }: Rules, algorithm: AlgorithmId): void {
  if (rules.algorithms === undefined || rules.algorithms.includes(algorithm)) return
  throw deniedError(`signing with ${algorithm} is not allowed`, {
    why: `${paths.config} allows ${rules.algorithms.join(', ') || 'none'} in sign.algorithms`,
    fix: 'use a key that signs with one of them',
  })
}
