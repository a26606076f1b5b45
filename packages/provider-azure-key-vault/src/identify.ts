import type { Call } from '@sealwright/core'
import { decodeBase64url, decodeJson, isJsonObject, type JsonObject } from '@sealwright/core/encoding'
import type { TokenSource } from './token-source.ts'

/** Programs of Microsoft that people log in with, by their application ids. */
const PROGRAMS: Readonly<Record<string, string>> = {
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'Azure CLI',
  '1950a258-227b-4e31-a9cf-717495945fc2': 'Azure PowerShell',
  'aebc6443-996d-45c2-90f0-388ff96faa56': 'Visual Studio Code',
}

/** How an application proved itself, as Microsoft Entra ID says in `appidacr` and `azpacr`. */
const PROOFS: Readonly<Record<string, string>> = { 1: 'client secret', 2: 'certificate or federated token' }

export interface Identity {
  readonly source: string
  readonly identity?: string | undefined
}

/**
 * Where the token comes from and whose it is, as it says itself. Its claims are read and not trusted: only the vault judges
 * them. Tokens that are no JWTs say nothing.
 *
 * @param scope - What to ask a token for where none was given out yet.
 */
export async function identify(
  tokens: TokenSource,
  scope: string,
  endpoint: string | undefined,
  { signal }: Call,
): Promise<Identity> {
  const token = tokens.latest() ?? (await tokens.getToken([scope], { abortSignal: signal })).token
  const claims = claimsOf(token)
  const how = howOf(claims)
  const source = `${tokens.source}${how === undefined ? '' : ` (${how})`}${endpoint === undefined ? '' : `, asking ${endpoint}`}`
  const identity = whoOf(claims)
  return { source, identity }
}

function claimsOf(token: string): JsonObject {
  try {
    const payload = decodeJson(decodeBase64url(token.split('.')[1] ?? '', 'token'), { label: 'token' })
    return isJsonObject(payload) ? payload : {}
  } catch {
    return {}
  }
}

function howOf(claims: JsonObject): string | undefined {
  if (text(claims, 'xms_mirid') !== undefined) return 'managed identity'
  const program = PROGRAMS[text(claims, 'appid') ?? text(claims, 'azp') ?? '']
  return program ?? PROOFS[text(claims, 'appidacr') ?? text(claims, 'azpacr') ?? '']
}

function whoOf(claims: JsonObject): string | undefined {
  const user = text(claims, 'upn') ?? text(claims, 'preferred_username') ?? text(claims, 'unique_name')
  const application = text(claims, 'app_displayname') ?? text(claims, 'appid') ?? text(claims, 'azp')
  const object = text(claims, 'oid')
  const who = user ?? (application === undefined ? undefined : `application ${application}`)
  if (who === undefined) return object === undefined ? undefined : `object ${object}`
  return object === undefined ? who : `${who} (object ${object})`
}

/** Printed, so nothing but what such claims are made of. */
function text(claims: JsonObject, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' && /^[\w@.+#/ -]{1,256}$/.test(value) ? value : undefined
}
