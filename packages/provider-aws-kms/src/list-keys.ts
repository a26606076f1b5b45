import type { AliasListEntry, KeyMetadata } from '@aws-sdk/client-kms'
import { type AlgorithmId, type Call, type ListedKey, SealwrightError } from '@sealwright/core'
import { acceptedBy, typeOf } from './algorithms.ts'
import type { Kms } from './client.ts'
import type { Clients } from './clients.ts'
import { classify } from './failure.ts'
import { listedStateOf, protectionOf } from './key-state.ts'
import { parseStore, referenceTo, type StoreReference } from './reference.ts'

const PAGE = 100

type Description = Omit<ListedKey, 'reference'>

interface Page<T> {
  readonly items: readonly T[] | undefined
  readonly truncated: boolean | undefined
  readonly marker: string | undefined
}

/**
 * Lists the keys that sign, by ARN, and their aliases, by name, of one region. A key that may not be looked at is listed by
 * its reference alone.
 *
 * @param prefix - `awskms:///`, `awskms:///?region=R`, `awskms:///alias/BEGINNING`, or the beginning of an id or ARN.
 */
export async function* listKeys(
  clients: Clients,
  prefix: string | undefined,
  call: Call,
): AsyncIterable<ListedKey> {
  const store = parseStore(prefix ?? 'awskms:///')
  const kms = await clients.kms(store.region)
  let isEmpty = true
  for await (const key of signingKeys(kms, store, call)) {
    isEmpty = false
    yield key
  }
  if (isEmpty && store.prefix !== '') {
    throw new SealwrightError('NOT_FOUND', `no key or alias that begins with ${store.prefix} signs`, {
      why: `looked at the keys of this account in ${kms.region}`,
      fix: `list them all: ${referenceTo('', store.region)}`,
    })
  }
}

async function* signingKeys(kms: Kms, store: StoreReference, call: Call): AsyncIterable<ListedKey> {
  const describe = descriptions(kms, call)
  const isAsked = (name: string) => name.startsWith(store.prefix)
  if (!store.prefix.startsWith('alias/')) {
    for await (const { KeyArn = '', KeyId = '' } of keys(kms, call)) {
      const described = isAsked(KeyArn) || isAsked(KeyId) ? await describe(KeyArn) : undefined
      if (described !== undefined) yield { reference: referenceTo(KeyArn), ...described }
    }
  }
  for await (const { AliasName = '', AliasArn = '', TargetKeyId } of aliases(kms, call)) {
    // Without a target it is one of AWS's own, of a service that was never used.
    if (TargetKeyId === undefined || !(isAsked(AliasName) || isAsked(AliasArn))) continue
    const described = await describe(TargetKeyId)
    if (described !== undefined) yield { reference: referenceTo(AliasName, store.region), ...described }
  }
}

/** What is known of a key that signs; `undefined` for another. Each key is looked at once. */
function descriptions(kms: Kms, call: Call): (keyId: string) => Promise<Description | undefined> {
  const known = new Map<string, Description | undefined>()
  return async keyId => {
    const id = keyId.slice(keyId.lastIndexOf('/') + 1)
    if (!known.has(id)) known.set(id, await descriptionOf(kms, keyId, call))
    return known.get(id)
  }
}

async function descriptionOf(kms: Kms, keyId: string, call: Call): Promise<Description | undefined> {
  let metadata: KeyMetadata | undefined
  try {
    metadata = (await kms.describeKey({ KeyId: keyId }, call)).KeyMetadata
  } catch (error) {
    const code = classify(error)?.code
    if (code === 'ACCESS_DENIED') return {}
    // Deleted since it was listed.
    if (code === 'NOT_FOUND') return undefined
    throw error
  }
  const type = typeOf(metadata?.KeySpec ?? '')
  if (metadata?.KeyUsage !== 'SIGN_VERIFY' || type === undefined) return undefined
  const { SigningAlgorithms: listed, CreationDate: created } = metadata
  const state = listedStateOf(metadata)
  return {
    type,
    ...(listed === undefined ? {} : { algorithms: Object.keys(acceptedBy(type, listed)) as AlgorithmId[] }),
    state,
    created,
    protection: protectionOf(metadata),
  }
}

function keys(
  kms: Kms,
  call: Call,
): AsyncIterable<{ readonly KeyArn?: string | undefined; readonly KeyId?: string | undefined }> {
  return pages('keys', async marker => {
    const reply = await kms.listKeys({ Limit: PAGE, ...marker }, call)
    return { items: reply.Keys, truncated: reply.Truncated, marker: reply.NextMarker }
  })
}

function aliases(kms: Kms, call: Call): AsyncIterable<AliasListEntry> {
  return pages('aliases', async marker => {
    const reply = await kms.listAliases({ Limit: PAGE, ...marker }, call)
    return { items: reply.Aliases, truncated: reply.Truncated, marker: reply.NextMarker }
  })
}

async function* pages<T>(
  what: string,
  read: (marker: { readonly Marker?: string | undefined }) => Promise<Page<T>>,
): AsyncIterable<T> {
  for (let next: { readonly Marker?: string | undefined } | undefined = {}; next !== undefined; ) {
    const from = next
    const page: Page<T> = await read(from)
    yield* page.items ?? []
    if (page.truncated === true && page.marker === undefined) {
      throw new SealwrightError('INTEGRITY', `AWS KMS cut the list of ${what} off`, {
        why: 'it says that there are more, and not where to go on',
      })
    }
    next = page.truncated === true ? { Marker: page.marker! } : undefined
  }
}
