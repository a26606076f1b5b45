import { SealwrightError } from '@sealwright/core'
import type { JsonObject } from '@sealwright/core/encoding'
import { decodeBase64, type JsonValue } from '@sealwright/core/encoding'
import type { StoreCall } from '@sealwright/oci'
import { readObject } from '@sealwright/oci/store'
import type { Credential, CredentialRequest, CredentialSource } from './credential.ts'
import { askHelper, withoutLineBreak } from './credential-helper.ts'
import { readDockerConfig } from './docker-config.ts'
import { namesOf, serverOf } from './docker-names.ts'

export interface DockerCredentialsOptions {
  /** Docker's `config.json`, or podman's `auth.json`. Without it, or where there is no such file, nobody is logged in. */
  readonly configFile?: string
  /** Default 30 000: a helper may have to ask its user. */
  readonly helperTimeoutMs?: number
}

/**
 * Credentials as docker, podman and oras keep them: for a host the helper named in `credHelpers`, else what stands in
 * `auths`, else the helper `credsStore`. The file is read again on each call; it names hosts exactly, with the port, and
 * in podman's form also repositories below them.
 *
 * @throws {@link SealwrightError} from `get`: `VALIDATION` when the file cannot be read as what it is, and what
 *   helpers end with.
 *
 * @example
 * ```ts
 * import { homedir } from 'node:os'
 * import { dockerCredentials } from '@sealwright/oci-registry'
 *
 * const credentials = dockerCredentials({ configFile: `${homedir()}/.docker/config.json` })
 * const login = await credentials.get({ registry: 'registry.example', repository: 'app' })
 * ```
 */
export function dockerCredentials(options: DockerCredentialsOptions = {}): CredentialSource {
  const { configFile, helperTimeoutMs = 30_000 } = options
  return {
    async get(request: CredentialRequest, call: StoreCall = {}): Promise<Credential | undefined> {
      if (configFile === undefined) return undefined
      const config = await readDockerConfig(configFile)
      if (config === undefined) return undefined
      const ask = (name: string, namedBy: string) =>
        askHelper(name, serverOf(request.registry), { ...call, timeoutMs: helperTimeoutMs, namedBy })
      const helper = lookUp(config, 'credHelpers', namesOf(request), configFile)
      if (helper !== undefined) {
        const name = readText(helper, `${configFile}: credHelpers`)
        return ask(name, `the entry for ${request.registry} from "credHelpers" in ${configFile}`)
      }
      const login = lookUp(config, 'auths', namesOf(request), configFile)
      const credential =
        login === undefined ? undefined : readLogin(readObject(login, `${configFile}: auths`), configFile)
      if (credential !== undefined) return credential
      const store = config.credsStore
      return store === undefined || store === ''
        ? undefined
        : ask(readText(store, `${configFile}: credsStore`), `"credsStore" from ${configFile}`)
    },
  }
}

function lookUp(
  config: JsonObject,
  member: string,
  names: readonly string[],
  file: string,
): JsonValue | undefined {
  const value = config[member]
  if (value === undefined || value === null) return undefined
  const entries = readObject(value, `${file}: ${member}`)
  const name = names.find(candidate => Object.hasOwn(entries, candidate))
  return name === undefined ? undefined : entries[name]
}

/** An entry without content only says that the log-in is in `credsStore`. */
function readLogin(login: JsonObject, source: string): Credential | undefined {
  const text = (name: string) =>
    login[name] ? withoutLineBreak(readText(login[name], `${source}: auths: ${name}`)) : undefined
  const identityToken = text('identitytoken')
  if (identityToken !== undefined) return { identityToken, source }
  const registryToken = text('registrytoken')
  if (registryToken !== undefined) return { registryToken, source }
  const auth = text('auth')
  if (auth === undefined) {
    const username = text('username')
    const password = text('password')
    return username === undefined || password === undefined ? undefined : { username, password, source }
  }
  const pair = decodePair(auth, source)
  const colon = pair.indexOf(':')
  if (colon < 1)
    throw new SealwrightError('VALIDATION', `${source}: an "auth" is not base64 of user:password`)
  const password = withoutLineBreak(pair.slice(colon + 1).replace(/\0+$/, ''))
  return { username: pair.slice(0, colon), password, source }
}

function decodePair(auth: string, source: string): string {
  try {
    return Buffer.from(decodeBase64(auth, 'auth')).toString()
  } catch {
    // Without the cause: it may quote the secret.
    throw new SealwrightError('VALIDATION', `${source}: an "auth" is not base64 of user:password`)
  }
}

function readText(value: JsonValue | undefined, label: string): string {
  if (typeof value !== 'string') throw new SealwrightError('VALIDATION', `${label} is not text`)
  return value
}
