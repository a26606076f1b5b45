import { openSigner, type Signer } from '@sealwright/core'
import { cpu, type Figure, pairs } from '../measure.ts'
import type { KeyName } from './served.ts'
import { algorithmOf, type Bare, digest, MESSAGE, type Subject, verifier } from './subject.ts'

export interface CompareOptions {
  readonly subject: Subject
  readonly store: string
  readonly key: KeyName
  readonly concurrency: number
  /** Signatures of one measurement. */
  readonly count: number
  /** Signatures of each side before the first that counts. */
  readonly warmUp: number
}

const WARM_UP_AT_ONCE = 16

/** A verified signature of ours, and of who calls the SDK and verifies; or of who does not verify. */
export async function compare(
  { subject, store, key, concurrency, count, warmUp }: CompareOptions,
  isVerified: boolean,
  bound: Figure['bound'],
  measure: (work: () => Promise<unknown>) => Promise<number> = cpu,
  combine: (ours: number, theirs: number) => number = (ours, theirs) => ours / theirs,
): Promise<Figure> {
  await using signer = await openSigner(subject.provider, subject.reference(key), {
    algorithm: algorithmOf(key),
  })
  const bare = await subject.bare(key)
  const theirs = isVerified ? verified(bare, subject.spki(key)) : () => bare.sign(digest())
  // Both are compiled by then: what counts is a process that signs all day.
  await atOnce(WARM_UP_AT_ONCE, warmUp, () => ours(signer))
  await atOnce(WARM_UP_AT_ONCE, warmUp, theirs)
  const figure = await pairs(
    () => measure(() => atOnce(concurrency, count, () => ours(signer))),
    () => measure(() => atOnce(concurrency, count, theirs)),
    combine,
  )
  const peer = isVerified ? 'bare call + verification' : 'bare call'
  return {
    name: `${store} ${key} ×${concurrency} / ${peer}`,
    ...figure,
    ...(bound ? { bound } : {}),
    unit: '×',
  }
}

export function ours(signer: Signer): Promise<unknown> {
  return signer.sign(MESSAGE)
}

function verified(bare: Bare, spki: Buffer): () => Promise<void> {
  const check = verifier(spki, bare.encoding)
  return async () => check(await bare.sign(digest()))
}

/** Runs `task` `count` times, `concurrency` at a time. */
export async function atOnce(
  concurrency: number,
  count: number,
  task: () => Promise<unknown>,
): Promise<void> {
  let left = count
  const worker = async () => {
    while (left-- > 0) await task()
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
}
