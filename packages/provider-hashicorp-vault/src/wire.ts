import { type Call, SealwrightError } from '@sealwright/core'
import { isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { VaultClient, VaultRequest } from './client.ts'
import { rememberRequest } from './failure.ts'
import type { Connection } from './settings.ts'
import type { Transport } from './transport.ts'

/** The members of Vault's replies that are used. */
export interface VaultReply {
  readonly data: JsonObject
  readonly auth: JsonObject
  readonly warnings: readonly JsonValue[]
  readonly requestId?: string | undefined
}

/** Makes one request, with a token if there is one. */
export type Send = (request: VaultRequest, token: string | undefined, call: Call) => Promise<VaultReply>

export function sendBy(client: VaultClient): Send {
  return async (request, token, { signal }) => {
    const { method, path, body, namespace } = request
    signal.throwIfAborted()
    const sent = client.request({
      method,
      path: `/${path}`,
      json: body,
      headers: {
        'x-vault-request': 'true',
        // As node-vault spells them: it adds its own otherwise.
        ...(token && { 'X-Vault-Token': token }),
        ...(namespace && { 'X-Vault-Namespace': namespace }),
      },
      signal,
    })
    try {
      return readReply((await sent) as JsonValue)
    } catch (error) {
      rememberRequest(error, request)
      throw error
    }
  }
}

/** A client of node-vault over our transport, without the settings that it takes from the environment itself. */
export async function createClient(
  { origin, basePath }: Connection,
  transport: Transport,
): Promise<VaultClient> {
  const { default: vault } = await import('node-vault')
  const client = vault({
    endpoint: origin + basePath,
    apiVersion: 'v1',
    'request-promise': { defaults: () => transport.send },
    debug: () => {},
    // It would check, by a JSON Schema, that a request has a path and a method.
    tv4: { validate: () => true },
  } as never) as unknown as { token: string; namespace: string; pathPrefix: string } & VaultClient
  client.token = ''
  client.namespace = ''
  client.pathPrefix = ''
  return client
}

function readReply(reply: JsonValue | undefined): VaultReply {
  if (!isJsonObject(reply)) {
    // A ready client gives an empty string for a reply without a body.
    if (reply === undefined || reply === null || reply === '') return { data: {}, auth: {}, warnings: [] }
    throw new SealwrightError('INTEGRITY', 'Vault returned a response that is not a JSON object')
  }
  const { data, auth, warnings, request_id: requestId } = reply
  return {
    data: isJsonObject(data) ? data : {},
    auth: isJsonObject(auth) ? auth : {},
    warnings: Array.isArray(warnings) ? warnings : [],
    // A UUID, always: anything else may be the token, which a hostile server repeats.
    ...(typeof requestId === 'string' && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(requestId)
      ? { requestId }
      : {}),
  }
}
