import {
  type AlgorithmId,
  algorithms,
  type Call,
  type KeyAdmin,
  type KeySpec,
  type ListedKey,
  SealwrightError,
} from '@sealwright/core'
import { isJsonObject, type JsonObject } from '@sealwright/core/encoding'
import { attachCertificates } from './certificates.ts'
import { classify, statusOf, textOf } from './failure.ts'
import { pathOf, readKey, versionOf } from './key-info.ts'
import { acceptsOf, transitTypeOf } from './key-types.ts'
import { formatReference, type KeyReference, parsePrefix, parseReference } from './reference.ts'
import { assertMount, type Vault } from './vault.ts'

/** What may be done to keys of transit; a key is created so that it can never be exported. */
export function keyAdmin(connect: () => Promise<Vault>): KeyAdmin {
  return {
    list: ({ prefix }, call) => listKeys(connect, prefix, call),
    create: async (spec, call) => createKey(await connect(), spec, call),
    rotate: async (reference, call) => rotateKey(await connect(), parseReference(reference), call),
    attachCertificates: async (reference, chain, call) =>
      attachCertificates(await connect(), parseReference(reference), chain, call),
  }
}

/** Lists the latest versions of the keys that can sign, under a prefix of a reference: `hashivault://MOUNT/rel`. */
async function* listKeys(
  connect: () => Promise<Vault>,
  prefix: string | undefined,
  call: Call,
): AsyncIterable<ListedKey> {
  const { mount, namePrefix, ...rest } = parsePrefix(prefix)
  const vault = await connect()
  assertMount(vault, { mount, name: namePrefix })
  const namespace = rest.namespace ?? vault.namespace
  const names = await namesOf(vault, mount, namespace, call)
  let isEmpty = true
  for (const name of names.filter(each => each.startsWith(namePrefix))) {
    const reference: KeyReference = { mount, name, namespace }
    const found = await described(vault, reference, call)
    if (found === undefined) continue
    isEmpty = false
    yield found
  }
  if (isEmpty && namePrefix !== '') {
    throw new SealwrightError('NOT_FOUND', `no key of ${mount} that begins with ${namePrefix} signs`, {
      why: 'the part after the last slash is the beginning of a name; a mount ends with a slash',
      fix: `list all keys of ${mount}: hashivault://${mount}/; or those of the engine at ${namePrefix}: hashivault://${namePrefix}/`,
    })
  }
}

/** `undefined` for a key that does not sign, or that was deleted since it was listed; a key that may not be read is bare. */
async function described(vault: Vault, reference: KeyReference, call: Call): Promise<ListedKey | undefined> {
  try {
    const { type, latestVersion, data, reference: known } = await readKey(vault, reference, call)
    if (type === undefined || data.derived === true) return undefined
    const created = createdAt(data, latestVersion)
    return {
      reference: formatReference({ ...known, version: latestVersion }),
      type,
      algorithms: Object.keys(acceptsOf(type)) as AlgorithmId[],
      state: data.soft_deleted === true ? 'deleted' : 'enabled',
      created,
      protection: 'software',
    }
  } catch (error) {
    const code = classify(error)?.code
    if (code === 'ACCESS_DENIED') return { reference: formatReference(reference) }
    if (code === 'NOT_FOUND') return undefined
    throw error
  }
}

/** When a version was made; transit says it in RFC 3339 for asymmetric keys. */
function createdAt({ keys }: JsonObject, version: number): Date | undefined {
  const entry = isJsonObject(keys) ? keys[String(version)] : undefined
  const text = isJsonObject(entry) ? entry.creation_time : undefined
  const created = new Date(typeof text === 'string' ? text : Number.NaN)
  return Number.isNaN(created.getTime()) ? undefined : created
}

async function namesOf(
  vault: Vault,
  mount: string,
  namespace: string | undefined,
  call: Call,
): Promise<readonly string[]> {
  try {
    // Not LIST, which proxies and node:http do not know.
    const request = { method: 'GET', path: `${mount}/keys?list=true`, namespace } as const
    const { keys } = (await vault.request(request, call)).data
    return Array.isArray(keys) ? keys.filter(each => typeof each === 'string').sort() : []
  } catch (error) {
    // An engine without a key is not found either, and nothing is said.
    if (statusOf(error) === 404 && textOf(error) === '') return []
    throw error
  }
}

async function createKey(vault: Vault, spec: KeySpec, call: Call): Promise<string> {
  const reference = parseReference(spec.reference)
  const type = assertSpec(spec, reference)
  const text = formatReference(reference)
  // Vault answers a second creation like a first one, and changes nothing.
  if (await exists(vault, reference, call)) {
    throw new SealwrightError('VALIDATION', `${text} exists already`, {
      fix: 'choose another name, or make a new version of it: rotate',
    })
  }
  const body = { ...type, exportable: false, allow_plaintext_backup: false, derived: false }
  const namespace = reference.namespace ?? vault.namespace
  await vault.request({ method: 'POST', path: pathOf(reference, 'keys'), body, namespace }, call)
  const info = await readKey(vault, reference, call)
  if (info.type !== spec.type || info.latestVersion !== 1) {
    throw new SealwrightError('VALIDATION', `${text} was created by somebody else at the same time`)
  }
  return formatReference(versionOf(info).reference)
}

function assertSpec({ type, algorithm, protection }: KeySpec, { version }: KeyReference) {
  if (version !== undefined) {
    throw new SealwrightError('VALIDATION', 'a key is created with version 1', {
      fix: 'leave the version out',
    })
  }
  if (protection === 'hsm') {
    throw new SealwrightError('UNSUPPORTED', 'transit keys are protected by software', {
      fix: 'create the key in a token or a key service with HSMs',
    })
  }
  if (algorithm !== undefined && !algorithms[algorithm]?.keyTypes.includes(type)) {
    throw new SealwrightError('VALIDATION', `${algorithm} does not sign with a key of type ${type}`)
  }
  const found = transitTypeOf(type)
  if (found !== undefined) return found
  throw new SealwrightError('UNSUPPORTED', `transit has no keys of type ${type}`)
}

async function exists(vault: Vault, reference: KeyReference, call: Call): Promise<boolean> {
  try {
    await readKey(vault, reference, call)
    return true
  } catch (error) {
    if (classify(error)?.code === 'NOT_FOUND') return false
    throw error
  }
}

async function rotateKey(vault: Vault, given: KeyReference, call: Call): Promise<string> {
  const { version: _, ...reference } = given
  const namespace = reference.namespace ?? vault.namespace
  const path = pathOf(reference, 'keys', '/rotate')
  const before = await readKey(vault, reference, call)
  await vault.request({ method: 'POST', path, body: {}, namespace }, call)
  const after = await readKey(vault, reference, call)
  if (after.latestVersion > before.latestVersion) return formatReference(versionOf(after).reference)
  throw new SealwrightError(
    'UNAVAILABLE',
    `Vault does not show the new version of ${formatReference(reference)} yet`,
    {
      why: 'a replica may lag behind; the key was rotated',
      fix: 'open it again in a moment',
    },
  )
}
