import { setTimeout as sleep } from 'node:timers/promises'
import {
  algorithms,
  type Call,
  isAlgorithmId,
  isSealwrightError,
  type KeySpec,
  SealwrightError,
} from '@sealwright/core'
import { keySpecOf } from './algorithms.ts'
import type { Kms } from './client.ts'
import type { Clients } from './clients.ts'
import { classify } from './failure.ts'
import { keyArn, parseReference, parseStore, referenceTo } from './reference.ts'
import { madeKey, waitForKey } from './wait-for-key.ts'

/** What `classify` is told of the requests that follow. */
const MAKING = { operation: 'create' } as const

/**
 * Makes a key to sign with, and an alias for it where the reference names one.
 *
 * @param spec - `reference`: `awskms:///alias/NAME`, or `awskms:///` for a key without an alias.
 * @returns The reference of the key by its ARN.
 */
export async function createKey(clients: Clients, spec: KeySpec, call: Call): Promise<string> {
  assertSpec(spec)
  const { alias, region } = placeOf(spec.reference)
  const kms = await clients.kms(region)
  if (alias !== undefined) await assertFree(kms, alias, call)
  const made = await makeKey(kms, { KeySpec: keySpecOf(spec.type) }, call)
  const fix =
    alias === undefined
      ? `use it by its ARN: ${referenceTo(made)}`
      : `do not repeat it, which would make another key: aws kms create-alias --region ${kms.region} --alias-name ${alias} --target-key-id ${idOf(made)}`
  await withKey({ arn: made, fix }, async () => {
    await waitForKey(kms, made, made, call)
    if (alias === undefined) return
    await persistently(call, () => kms.createAlias({ AliasName: alias, TargetKeyId: idOf(made) }, call))
    await waitForKey(kms, alias, made, call)
  })
  return referenceTo(made)
}

/** @returns The ARN. */
export async function makeKey(
  kms: Kms,
  input: { readonly KeySpec: ReturnType<typeof keySpecOf>; readonly Policy?: string | undefined },
  call: Call,
): Promise<string> {
  const { KeyMetadata } = await kms.createKey({ ...input, KeyUsage: 'SIGN_VERIFY' }, call)
  return madeKey(KeyMetadata?.Arn)
}

/**
 * Repeats what follows `CreateKey` while it is throttled or out of reach, to the end of the call: KMS has no client token for
 * new keys, so that a repetition of the whole would make another one.
 */
export async function persistently(call: Call, task: () => Promise<unknown>): Promise<void> {
  for (let delayMs = 100; ; delayMs = Math.min(2 * delayMs, 5000)) {
    try {
      await task()
      return
    } catch (error) {
      const { code, retryAfterMs = 0 } = classify(error, MAKING) ?? {}
      if (code !== 'THROTTLED' && code !== 'UNAVAILABLE') throw error
      await sleep(Math.max(delayMs, retryAfterMs), undefined, { signal: call.signal }).catch(() => {
        throw error
      })
    }
  }
}

/** What an alias is given to lead to; KMS takes an ARN as well, and not every emulator does. */
export function idOf(arn: string): string {
  return keyArn(arn)!.id
}

/**
 * Runs what follows `CreateKey`; its failure names the key, which is there and costs money.
 *
 * @param made - `fix`: how to go on with this key.
 */
export async function withKey(
  { arn, fix }: { readonly arn: string; readonly fix: string },
  task: () => Promise<void>,
): Promise<void> {
  try {
    await task()
  } catch (error) {
    const failure = isSealwrightError(error) ? error : classify(error, MAKING)
    const { code = 'INTERNAL', why, requestId } = failure ?? {}
    const message = isSealwrightError(error) ? error.message : `AWS KMS made ${arn} and then failed`
    throw new SealwrightError(code, message, {
      why: `${why ?? 'it failed'}; the key ${arn} was made`,
      fix,
      cause: error,
      requestId,
    })
  }
}

function placeOf(reference: string): {
  readonly alias?: string | undefined
  readonly region?: string | undefined
} {
  const store = parseStore(reference)
  if (store.prefix === '') return { region: store.region }
  const { keyId, kind, region } = parseReference(reference)
  if (kind !== 'alias') {
    throw new SealwrightError('VALIDATION', 'AWS KMS chooses the id of a new key itself', {
      fix: 'name an alias: awskms:///alias/NAME, with ?region=… if need be',
    })
  }
  if (keyId.startsWith('alias/aws/')) {
    throw new SealwrightError('VALIDATION', 'aliases that begin with alias/aws/ are those of AWS')
  }
  return { alias: keyId, region }
}

async function assertFree(kms: Kms, alias: string, call: Call): Promise<void> {
  try {
    await kms.describeKey({ KeyId: alias }, call)
  } catch (error) {
    // Refused: CreateAlias will tell.
    const code = classify(error)?.code
    if (code === 'NOT_FOUND' || code === 'ACCESS_DENIED') return
    throw error
  }
  throw new SealwrightError('VALIDATION', `${alias} exists (${kms.region})`, {
    why: 'nothing was made',
    fix: 'choose another name, or rotate the key: the alias then moves to the new one',
  })
}

function assertSpec({ type, algorithm, protection }: KeySpec): void {
  if (protection === 'software') {
    throw new SealwrightError('UNSUPPORTED', 'AWS KMS keeps every key in an HSM', {
      fix: 'leave the protection out',
    })
  }
  if (algorithm === undefined) return
  if (isAlgorithmId(algorithm) && algorithms[algorithm].keyTypes.includes(type)) return
  throw new SealwrightError('VALIDATION', `${algorithm} does not sign with a key of type ${type}`)
}
