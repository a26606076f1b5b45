import { createPrivateKey } from 'node:crypto'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { type ProxyEnv, proxyFor } from '@sealwright/core/adapter'
import { readRegularFile } from '@sealwright/core/files'

/** Far more than credentials have. */
const MAX_FILE_BYTES = 1024 * 1024

const FILE = 'GOOGLE_APPLICATION_CREDENTIALS'
/** What Google's libraries put into addresses and headers as it is. */
const NAMES = [
  FILE,
  'GOOGLE_CLOUD_UNIVERSE_DOMAIN',
  'GOOGLE_CLOUD_QUOTA_PROJECT',
  'GCE_METADATA_HOST',
] as const

const TYPES = [
  'service_account',
  'authorized_user',
  'external_account',
  'external_account_authorized_user',
  'impersonated_service_account',
  'gdch_service_account',
]

/**
 * Looks at the variables of Google's libraries, and at the file that they read credentials from: what the libraries say of
 * a bad one names no file, and often another cause.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a variable, `UNAUTHENTICATED` for the file.
 */
export async function assertEnvironment(): Promise<void> {
  const { env } = process
  for (const name of NAMES) {
    const value = env[name] ?? ''
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    if (value === value.trim() && !/[\u0000-\u001f\u007f]/.test(value)) continue
    throw new SealwrightError('VALIDATION', `${name} cannot be used`, {
      why: 'it has a line break, or a blank at an end',
      fix: `export ${name}="$(printf %s "$${name}" | tr -d '\\r\\n\\t')"`,
    })
  }
  const path = env[FILE]
  if (path) await assertCredentials(path)
}

async function assertCredentials(path: string): Promise<void> {
  const refused = (why: string, fix: string, cause?: unknown) =>
    new SealwrightError(
      'UNAUTHENTICATED',
      `${path}, which ${FILE} names, holds no credentials that can be used`,
      { why, fix, cause },
    )
  let bytes: Uint8Array
  try {
    bytes = await readRegularFile(path, MAX_FILE_BYTES)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw refused(
      `it cannot be read: ${error.why ?? error.message}`,
      `correct ${FILE}, or unset it to use the log-in of gcloud or the service account of the machine`,
      error,
    )
  }
  let json: unknown
  try {
    json = JSON.parse(
      Buffer.from(bytes)
        .toString()
        .replace(/^\ufeff/, ''),
    )
  } catch {
    // Its message repeats the text.
    throw refused(
      'it is not JSON',
      'write the file again as Google issued it; a secret in base64 is decoded first',
    )
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refused('it is not a JSON object', 'write the file again as Google issued it')
  }
  const { type, private_key: key } = json as {
    readonly type?: unknown | undefined
    readonly private_key?: unknown | undefined
  }
  if (type === undefined && ('installed' in json || 'web' in json)) {
    throw refused(
      'it is the secret of an OAuth client, which is for logging in, not a credential',
      `gcloud auth application-default login --client-id-file=${quoted(path)}, and unset ${FILE}`,
    )
  }
  if (typeof type !== 'string' || !TYPES.includes(type)) {
    throw refused(
      `its type is none of ${TYPES.join(', ')}`,
      'take a file of credentials of one of these types',
    )
  }
  if (type !== 'service_account') return
  if (typeof key === 'string' && key.includes('\\n')) {
    throw refused(
      'its private_key has a backslash and an n where it should have line breaks: it was escaped twice',
      'write the file again as Google issued it, with printf %s instead of echo or a template',
    )
  }
  try {
    createPrivateKey(typeof key === 'string' ? key : '')
  } catch {
    // Its message says nothing of use, and the key stays out of the cause.
    throw refused(
      'its private_key is not a private key in PEM',
      'make a new key of the service account, or use workload identity',
    )
  }
}

/**
 * Refuses a proxy that Google's libraries would not use: they read the variables of the process themselves, for tokens and
 * for gRPC, and pass over what they do not take.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming the variable.
 */
export function assertProxy(target: URL, proxyEnv: ProxyEnv, transport: 'grpc' | 'rest'): void {
  const proxy = proxyFor(target, proxyEnv)
  if (proxy === undefined) return
  const { url, variable } = proxy
  const hasScheme = /^https?:\/\//i.test(proxyEnv[variable]?.trim() ?? '')
  if (hasScheme && !(transport === 'grpc' && url.protocol === 'https:')) return
  throw new SealwrightError(
    'VALIDATION',
    `${variable} does not name the proxy as Google's libraries want it`,
    {
      why: hasScheme ? 'gRPC speaks to proxies by http only' : 'its value has no scheme',
      fix: hasScheme
        ? `use the transport rest, or set ${variable} to a proxy of http://`
        : `set ${variable}=http://${url.host}, with the user and password if there are any`,
    },
  )
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
