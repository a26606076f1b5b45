import assert from 'node:assert/strict'
import type { KeyHandle, KeyProvider } from '@sealwright/core'
import type { HarnessKey, ProviderHarness, Restore } from './harness.ts'
import { PATIENCE_MS, within } from './patience.ts'

/** Runs `task` with a fresh provider and disposes of it. */
export async function withProvider<T>(
  harness: ProviderHarness,
  task: (provider: KeyProvider) => Promise<T>,
): Promise<T> {
  const provider = await harness.open()
  try {
    return await task(provider)
  } finally {
    await within(PATIENCE_MS, 'disposing of the provider', disposed(provider))
  }
}

/** Runs `task` with an open handle of a key, below the pipeline. */
export async function withHandle<T>(
  harness: ProviderHarness,
  given: string,
  task: (handle: KeyHandle, provider: KeyProvider) => Promise<T>,
): Promise<T> {
  return withProvider(harness, async provider => {
    const handle = await provider.open(provider.canonical(given), idle())
    try {
      return await task(handle, provider)
    } finally {
      await within(PATIENCE_MS, 'disposing of the handle', disposed(handle))
    }
  })
}

export async function disposed(object: Partial<AsyncDisposable>): Promise<void> {
  await object[Symbol.asyncDispose]?.()
}

/** A call that nobody aborts. */
export function idle(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal }
}

/** Runs `task` while a fault holds. */
export async function during<T>(
  fault: Restore | PromiseLike<Restore> | undefined,
  task: () => Promise<T>,
): Promise<T> {
  const restore = await fault
  assert.ok(typeof restore === 'function', 'the harness returned no way to end its fault')
  try {
    return await task()
  } finally {
    await restore()
  }
}

/** The key for cases in which any will do. */
export function anyKey({ keys }: ProviderHarness): HarnessKey {
  const [first] = fastestFirst(keys.filter(isVerifiable))
  assert.ok(first, 'the harness has no key')
  return first
}

const FAST = ['Ed25519', 'EC-P256', 'EC-secp256k1', 'EC-P384', 'EC-P521', 'ML-DSA-44', 'RSA-2048']

export function fastestFirst(keys: readonly HarnessKey[]): HarnessKey[] {
  const rank = ({ type }: HarnessKey) => (FAST.includes(type) ? FAST.indexOf(type) : FAST.length)
  return keys.toSorted((one, other) => rank(one) - rank(other))
}

/** Whether the running Node.js can verify what the key signs. ML-DSA came with OpenSSL 3.5. */
export function isVerifiable({ type }: Pick<HarnessKey, 'type'>): boolean {
  if (!type.startsWith('ML-DSA')) return true
  const [major = 0, minor = 0] = process.versions.openssl.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 5)
}

export function nameOf(key: HarnessKey): string {
  return key.name ?? key.type
}
