import { type AlgorithmId, isSealwrightError, type ListedKey } from '@sealwright/core'
import type { Connection } from './connections.ts'
import { CKA, CKO } from './constants.ts'
import { tokenAttributes } from './create-key.ts'
import { privateKey, signingAbility } from './find-key.ts'
import { flag, tokenObjects } from './objects.ts'
import type { PrivateKeyObject } from './public-key.ts'
import { formatReference, type KeySelector } from './reference.ts'

/**
 * The keys of a token that may sign, in the order of their references.
 *
 * @param wanted - `id` is the whole one, `label` the beginning of one.
 */
export function keysOn(connection: Connection, wanted: KeySelector): ListedKey[] {
  const { api, session } = connection
  return tokenObjects(api, session, CKO.privateKey, { id: wanted.id })
    .filter(object => flag(api, session, object, CKA.sign) !== false)
    .map(object => privateKey(connection, object))
    .filter(({ id, label }) => (id.length > 0 || label !== '') && label.startsWith(wanted.label ?? ''))
    .map(key => listedKey(connection, key))
    .sort((a, b) => (a.reference < b.reference ? -1 : 1))
}

function listedKey(connection: Connection, key: PrivateKeyObject): ListedKey {
  const { token } = connection
  const { id, label } = key
  return {
    reference: formatReference({
      token: tokenAttributes(token),
      ...(id.length > 0 && { id }),
      ...(label !== '' && { label }),
    }),
    ...abilityOf(connection, key),
    state: 'enabled',
    protection: token.hardware ? 'hsm' : 'unknown',
  }
}

/** A key whose public key the token does not tell cannot be opened; a list shows it all the same. */
function abilityOf(connection: Connection, key: PrivateKeyObject): Pick<ListedKey, 'type' | 'algorithms'> {
  try {
    const { type, mechanisms } = signingAbility(connection, key)
    return { type, algorithms: [...mechanisms.keys()] satisfies AlgorithmId[] }
  } catch (error) {
    if (isSealwrightError(error)) return {}
    throw error
  }
}
