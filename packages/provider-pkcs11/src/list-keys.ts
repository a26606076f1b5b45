import type { Connection } from './connections.ts'
import { CKA, CKO } from './constants.ts'
import { tokenAttributes } from './create-key.ts'
import { privateKey } from './find-key.ts'
import { flag, tokenObjects } from './objects.ts'
import { formatReference, type KeySelector } from './reference.ts'

/**
 * References of the keys of a token that may sign, by label.
 *
 * @param wanted - `id` is the whole one, `label` the beginning of one.
 */
export function keysOn(connection: Connection, wanted: KeySelector): string[] {
  const { api, session, token } = connection
  return tokenObjects(api, session, CKO.privateKey, { id: wanted.id })
    .filter(object => flag(api, session, object, CKA.sign) !== false)
    .map(object => privateKey(connection, object))
    .filter(({ id, label }) => (id.length > 0 || label !== '') && label.startsWith(wanted.label ?? ''))
    .map(({ id, label }) =>
      formatReference({
        token: tokenAttributes(token),
        ...(id.length > 0 && { id }),
        ...(label !== '' && { label }),
      }),
    )
    .sort()
}
