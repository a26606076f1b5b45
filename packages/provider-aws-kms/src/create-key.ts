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
import { ask } from './ask.ts'
import type { Kms } from './client.ts'
import type { Clients } from './clients.ts'
import { type Explained, explain } from './failure.ts'
import { keyArn, parseReference, parseStore, referenceTo } from './reference.ts'
import { madeKey, waitForKey } from './wait-for-key.ts'

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
    await persistently(call, () =>
      ask(
        { doing: 'make the alias', keyId: alias, region: kms.region },
        () => kms.createAlias({ AliasName: alias, TargetKeyId: idOf(made) }, call),
        quota,
      ),
    )
    await waitForKey(kms, alias, made, call)
  })
  return referenceTo(made)
}

/** @returns The ARN. */
export async function makeKey(
  kms: Kms,
  input: { readonly KeySpec: ReturnType<typeof keySpecOf>; readonly Policy?: string },
  call: Call,
): Promise<string> {
  const errand = { doing: 'make a key of', keyId: input.KeySpec, region: kms.region }
  const request = { ...input, KeyUsage: 'SIGN_VERIFY' as const }
  const { KeyMetadata } = await ask(errand, () => kms.createKey(request, call), quota)
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
      const passes = isSealwrightError(error) && (error.code === 'THROTTLED' || error.code === 'UNAVAILABLE')
      if (!passes) throw error
      await sleep(Math.max(delayMs, error.retryAfterMs ?? 0), undefined, { signal: call.signal }).catch(
        () => {
          throw error
        },
      )
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
    const {
      code = 'INTERNAL',
      message,
      why,
      requestId,
    } = isSealwrightError(error)
      ? error
      : { ...explain(error), message: 'what follows the making of the key failed' }
    throw new SealwrightError(code, message, {
      why: `${why ?? 'it failed'}; the key ${arn} was made`,
      fix,
      cause: error,
      ...(requestId === undefined ? {} : { requestId }),
    })
  }
}

/** Where something is made or moved it is no rate that was exceeded, but how many keys or aliases an account may have. */
export function quota(explained: Explained, error: unknown): Explained {
  if ((error as Error).name !== 'LimitExceededException') return explained
  return {
    code: 'ACCESS_DENIED',
    why: 'the account has as many keys or aliases as its quota allows',
    fix: 'have the quota of AWS KMS raised in Service Quotas',
  }
}

function placeOf(reference: string): { readonly alias?: string; readonly region?: string } {
  const store = parseStore(reference)
  if (store.prefix === '') return store.region === undefined ? {} : { region: store.region }
  const { keyId, kind, region } = parseReference(reference)
  if (kind !== 'alias') {
    throw new SealwrightError('VALIDATION', 'AWS KMS chooses the id of a new key itself', {
      fix: 'name an alias: awskms:///alias/NAME, with ?region=… if need be',
    })
  }
  if (keyId.startsWith('alias/aws/')) {
    throw new SealwrightError('VALIDATION', 'aliases that begin with alias/aws/ are those of AWS')
  }
  return { alias: keyId, ...(region === undefined ? {} : { region }) }
}

async function assertFree(kms: Kms, alias: string, call: Call): Promise<void> {
  try {
    await ask({ doing: 'look at', keyId: alias, region: kms.region }, () =>
      kms.describeKey({ KeyId: alias }, call),
    )
  } catch (error) {
    // Refused: CreateAlias will tell.
    if (isSealwrightError(error) && (error.code === 'NOT_FOUND' || error.code === 'ACCESS_DENIED')) return
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
