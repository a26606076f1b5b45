import {
  type AlgorithmId,
  algorithms,
  type Call,
  isSealwrightError,
  type KeyAdmin,
  type KeySpec,
  keyType,
  type ListedKey,
  SealwrightError,
} from '@sealwright/core'
import { rowOf } from './algorithms.ts'
import { classify } from './failure.ts'
import { isManagedHsm } from './hosts.ts'
import { assertCanSign, type KeyBundle, readBundle, stateOf } from './key-bundle.ts'
import { formatReference, type KeyReference, parseReference, parseStore } from './reference.ts'
import type { NewKey, Vault } from './vault.ts'

type Connect = (host: string) => Promise<Vault>

/** What may be done to the keys of vaults. */
export function keyAdmin(connect: Connect, allowed: readonly string[]): KeyAdmin {
  return {
    list: async function* ({ prefix }, call) {
      if (prefix === undefined) {
        throw new SealwrightError('VALIDATION', 'it is not said which vault', {
          fix: 'name it: azurekms://VAULT.vault.azure.net',
        })
      }
      const store = parseStore(prefix, allowed)
      yield* listKeys(await connect(store.host), store.prefix, call)
    },
    create: async (spec, call) => {
      const reference = parseReference(spec.reference, allowed)
      const key = newKey(spec, reference)
      return createKey(await connect(reference.host), reference, key, call)
    },
    rotate: async (given, call) => {
      const { version: _, ...reference } = parseReference(given, allowed)
      const vault = await connect(reference.host)
      return usable(readBundle(vault, reference, await vault.rotateKey(reference, call)))
    },
  }
}

/** Lists the latest versions of the keys that sign; a key that may not be looked at is listed without its version. */
async function* listKeys(vault: Vault, prefix: string, call: Call): AsyncIterable<ListedKey> {
  let isEmpty = true
  for await (const id of vault.list(call)) {
    const name =
      typeof id === 'string' ? /^https:\/\/[^/]+\/keys\/([0-9A-Za-z-]{1,127})$/.exec(id)?.[1] : undefined
    if (name === undefined) throw new SealwrightError('INTEGRITY', `${vault.host} lists what is not a key`)
    if (!name.toLowerCase().startsWith(prefix.toLowerCase())) continue
    const found = await described(vault, { host: vault.host, name }, call)
    if (found === undefined) continue
    isEmpty = false
    yield found
  }
  if (isEmpty && prefix !== '') {
    throw new SealwrightError('NOT_FOUND', `no key of ${vault.host} that begins with ${prefix} signs`, {
      fix: `list them all: azurekms://${vault.host}/`,
    })
  }
}

/** `undefined` for a key that does not sign, or that has been deleted since it was listed. */
async function described(vault: Vault, reference: KeyReference, call: Call): Promise<ListedKey | undefined> {
  try {
    return listedKey(readBundle(vault, reference, await vault.getKey(reference, call)))
  } catch (error) {
    const code = (isSealwrightError(error) ? error : classify(error))?.code
    const unversioned = { reference: formatReference(reference) }
    if (code === 'ACCESS_DENIED') return unversioned
    if (code === 'KEY_STATE') return { ...unversioned, state: 'disabled' }
    if (code === 'NOT_FOUND' || code === 'UNSUPPORTED') return undefined
    throw error
  }
}

function listedKey(bundle: KeyBundle): ListedKey {
  const { key, created } = bundle
  return {
    reference: key.reference,
    type: keyType(key.publicKey),
    algorithms: Object.keys(key.algorithms) as AlgorithmId[],
    state: stateOf(bundle),
    created,
    protection: key.protection,
  }
}

async function createKey(vault: Vault, reference: KeyReference, key: NewKey, call: Call): Promise<string> {
  // Key Vault would make a new version of a key that exists, of another type perhaps.
  if (await exists(vault, reference, call)) {
    throw new SealwrightError('VALIDATION', `${formatReference(reference)} exists`, {
      why: 'nothing was made',
      fix: 'choose another name, or make a new version of it: rotate',
    })
  }
  return usable(readBundle(vault, reference, await vault.createKey(reference, key, call)))
}

async function exists(vault: Vault, reference: KeyReference, call: Call): Promise<boolean> {
  try {
    await vault.getKey(reference, call)
    return true
  } catch (error) {
    if (classify(error)?.code === 'NOT_FOUND') return false
    throw error
  }
}

function usable(bundle: KeyBundle): string {
  assertCanSign(bundle)
  return bundle.key.reference
}

function newKey({ type, algorithm, protection }: KeySpec, { host, version }: KeyReference): NewKey {
  if (version !== undefined) {
    throw new SealwrightError('VALIDATION', 'Azure Key Vault chooses the version of a new key itself', {
      fix: 'leave the version out',
    })
  }
  if (algorithm !== undefined && !algorithms[algorithm]?.keyTypes.includes(type)) {
    throw new SealwrightError('VALIDATION', `${algorithm} does not sign with a key of type ${type}`)
  }
  const row = rowOf(type)
  if (row === undefined) {
    throw new SealwrightError('UNSUPPORTED', `Azure Key Vault has no keys of type ${type}`, {
      fix: 'choose RSA or EC',
    })
  }
  if (protection === 'software' && isManagedHsm(host)) {
    throw new SealwrightError('UNSUPPORTED', 'a Managed HSM keeps every key in hardware', {
      fix: 'leave the protection out',
    })
  }
  const { kty, keySize, curve } = row
  return {
    kty: protection === 'hsm' || isManagedHsm(host) ? `${kty}-HSM` : kty,
    keySize,
    curve,
  }
}
