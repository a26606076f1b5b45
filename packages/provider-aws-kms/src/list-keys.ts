import type { AliasListEntry, KeyMetadata } from '@aws-sdk/client-kms'
import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import { typeOf } from './algorithms.ts'
import { ask } from './ask.ts'
import type { Kms } from './client.ts'
import type { Clients } from './clients.ts'
import { parseStore, referenceTo } from './reference.ts'

const PAGE = 100

interface Page<T> {
  readonly items: readonly T[] | undefined
  readonly truncated: boolean | undefined
  readonly marker: string | undefined
}

/**
 * The keys that sign, by ARN, and the aliases of them, by name, of one region. Keys that may not be looked at are listed.
 *
 * @param prefix - `awskms:///`, `awskms:///?region=R`, `awskms:///alias/BEGINNING`, or the beginning of an id or ARN.
 */
export async function* listKeys(
  clients: Clients,
  prefix: string | undefined,
  call: Call,
): AsyncIterable<string> {
  const store = parseStore(prefix ?? 'awskms:///')
  const kms = await clients.kms(store.region)
  const signs = signingKeys(kms, call)
  const isAsked = (name: string) => name.startsWith(store.prefix)
  if (!store.prefix.startsWith('alias/')) {
    for await (const { KeyArn = '', KeyId = '' } of keys(kms, call)) {
      if ((isAsked(KeyArn) || isAsked(KeyId)) && (await signs(KeyArn))) yield referenceTo(KeyArn)
    }
  }
  for await (const { AliasName = '', AliasArn = '', TargetKeyId } of aliases(kms, call)) {
    // Without a target it is one of AWS's own, of a service that was never used.
    if (TargetKeyId === undefined || !(isAsked(AliasName) || isAsked(AliasArn))) continue
    if (await signs(TargetKeyId)) yield referenceTo(AliasName, store.region)
  }
}

/** Whether a key is one to sign with; each is looked at once. */
function signingKeys(kms: Kms, call: Call): (keyId: string) => Promise<boolean> {
  const known = new Map<string, boolean>()
  return async keyId => {
    const id = keyId.slice(keyId.lastIndexOf('/') + 1)
    const found = known.get(id) ?? (await isSigning(kms, keyId, call))
    known.set(id, found)
    return found
  }
}

async function isSigning(kms: Kms, keyId: string, call: Call): Promise<boolean> {
  let metadata: KeyMetadata | undefined
  try {
    const errand = { doing: 'look at', keyId, region: kms.region }
    metadata = (await ask(errand, () => kms.describeKey({ KeyId: keyId }, call))).KeyMetadata
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    if (error.code === 'ACCESS_DENIED') return true
    // Deleted since it was listed.
    if (error.code === 'NOT_FOUND') return false
    throw error
  }
  return metadata?.KeyUsage === 'SIGN_VERIFY' && typeOf(metadata.KeySpec ?? '') !== undefined
}

function keys(
  kms: Kms,
  call: Call,
): AsyncIterable<{ readonly KeyArn?: string | undefined; readonly KeyId?: string | undefined }> {
  return pages(kms, 'keys', async marker => {
    const reply = await kms.listKeys({ Limit: PAGE, ...marker }, call)
    return { items: reply.Keys, truncated: reply.Truncated, marker: reply.NextMarker }
  })
}

function aliases(kms: Kms, call: Call): AsyncIterable<AliasListEntry> {
  return pages(kms, 'aliases', async marker => {
    const reply = await kms.listAliases({ Limit: PAGE, ...marker }, call)
    return { items: reply.Aliases, truncated: reply.Truncated, marker: reply.NextMarker }
  })
}

async function* pages<T>(
  { region }: Kms,
  what: string,
  read: (marker: { readonly Marker?: string }) => Promise<Page<T>>,
): AsyncIterable<T> {
  for (let next: { readonly Marker?: string } | undefined = {}; next !== undefined; ) {
    const from = next
    const page: Page<T> = await ask({ doing: 'list the', keyId: what, region }, () => read(from))
    yield* page.items ?? []
    if (page.truncated === true && page.marker === undefined) {
      throw new SealwrightError('INTEGRITY', `AWS KMS cut the list of ${what} off`, {
        why: 'it says that there are more, and not where to go on',
      })
    }
    next = page.truncated === true ? { Marker: page.marker! } : undefined
  }
}
