import { X509Certificate } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { isLoopback, type ProxyEnv } from '@sealwright/core/adapter'
import { readRegularFile, systemFailure } from '@sealwright/core/files'
import { namespaceOf } from './reference.ts'

/** Where Vault is and how its TLS is checked; what is absent is taken from Vault's own variables. */
export interface ConnectionOptions {
  /** `https://vault.example:8200`, perhaps with a path. Default `VAULT_ADDR`; there is no other default. */
  readonly address?: string | undefined
  /** Default `VAULT_NAMESPACE`. A reference may name another. */
  readonly namespace?: string | undefined
  /** PEM certificates that are trusted instead of the system's. Default the file of `VAULT_CACERT`. */
  readonly ca?: string | undefined
  /** PEM client certificate with its chain, for mutual TLS. Default the file of `VAULT_CLIENT_CERT`. */
  readonly clientCert?: string | undefined
  /** PEM key of the client certificate. Default the file of `VAULT_CLIENT_KEY`. */
  readonly clientKey?: string | undefined
  /** Name in the certificate of the server, if not that of the address. Default `VAULT_TLS_SERVER_NAME`. */
  readonly serverName?: string | undefined
  /** Allows `http://` to other hosts than this one: the token and all requests can be read on the way. */
  readonly allowPlainHttp?: boolean | undefined
  /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
  readonly proxyEnv?: ProxyEnv | undefined
}

export interface Connection {
  readonly origin: string
  /** Path of the address without a slash at its end; mostly empty. */
  readonly basePath: string
  readonly namespace?: string | undefined
  readonly tls: {
    readonly ca?: string | undefined
    readonly cert?: string | undefined
    readonly key?: string | undefined
    readonly servername?: string | undefined
  }
  readonly proxyEnv?: ProxyEnv | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Far more than a bundle of authorities or a token has. */
const MAX_FILE_BYTES = 4 * 1024 * 1024
/** A value and where it comes from, for messages: `VAULT_ADDR`, `the option \`address\``. */
interface Setting {
  readonly value: string
  readonly name: string
}

const FALSE = /^(?:0|f|F|false|False|FALSE)?$/

/** Variables that other clients obey and that would be ignored here. */
const REFUSED: Readonly<Record<string, string>> = {
  PROXY_ADDR: 'set HTTPS_PROXY instead, and unset it',
  HTTP_PROXY: 'set HTTPS_PROXY instead, and unset it',
  AGENT_ADDR: 'set VAULT_ADDR to the address of the agent, and unset it',
}

/**
 * A variable of Vault, or the same of OpenBao (`BAO_ADDR`), without the blanks and line breaks that secrets and shells leave
 * around it; `undefined` where it is empty.
 *
 * @throws {@link SealwrightError} `VALIDATION` where both are set and differ: the programs of the two do not agree either.
 */
export function variable(env: Environment, name: string): Setting | undefined {
  const [vault, bao] = ['VAULT', 'BAO'].map(prefix => {
    const value = env[`${prefix}_${name}`]?.trim()
    return value ? { value, name: `${prefix}_${name}` } : undefined
  })
  if (vault === undefined || bao === undefined || vault.value === bao.value) return vault ?? bao
  throw new SealwrightError('VALIDATION', `${vault.name} and ${bao.name} are both set, and differ`, {
    fix: `unset one of them: unset ${bao.name}`,
  })
}

/**
 * Refuses to run where TLS was asked not to be verified: node-vault would obey, we never do.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertVerifying(env: Environment): void {
  const skip = variable(env, 'SKIP_VERIFY')
  if (skip === undefined || FALSE.test(skip.value)) return
  throw new SealwrightError('VALIDATION', `${skip.name} is set, and is not obeyed`, {
    why: 'without verification anybody on the way can take the token and answer instead of Vault',
    fix: 'unset it, and give the CA of Vault by the option `ca` or by VAULT_CACERT',
  })
}

/** @throws {@link SealwrightError} `VALIDATION` for a setting that is missing or cannot be, naming where it was set. */
export async function connectionOf(options: ConnectionOptions, env: Environment): Promise<Connection> {
  assertVerifying(env)
  assertNoneIgnored(env)
  const address = addressOf(options, env)
  const namespace = given(options.namespace, 'namespace') ?? variable(env, 'NAMESPACE')
  const ca = given(options.ca, 'ca') ?? (await authoritiesOf(env))
  const cert = given(options.clientCert, 'clientCert') ?? (await fileOf(env, 'CLIENT_CERT'))
  const key = given(options.clientKey, 'clientKey') ?? (await fileOf(env, 'CLIENT_KEY'))
  const server = given(options.serverName, 'serverName') ?? variable(env, 'TLS_SERVER_NAME')
  if ((cert === undefined) !== (key === undefined)) {
    throw new SealwrightError(
      'VALIDATION',
      'a client certificate for Vault needs its key, and a key its certificate',
      {
        fix: 'give both: `clientCert` and `clientKey`, or VAULT_CLIENT_CERT and VAULT_CLIENT_KEY',
      },
    )
  }
  if (server !== undefined && !/^[A-Za-z0-9.:_-]+$/.test(server.value)) {
    throw new SealwrightError('VALIDATION', `${server.name} is not the name of a server`)
  }
  assertTls(ca, cert, key)
  return {
    origin: address.origin,
    basePath: address.pathname.replace(/\/+$/, ''),
    namespace: namespace && namespaceOf(namespace.value, namespace.name),
    tls: { ca: ca?.value, cert: cert?.value, key: key?.value, servername: server?.value },
    proxyEnv: options.proxyEnv,
  }
}

function given(value: string | undefined, option: string): Setting | undefined {
  return value ? { value, name: `the option \`${option}\`` } : undefined
}

function assertNoneIgnored(env: Environment): void {
  for (const [name, fix] of Object.entries(REFUSED)) {
    const found = variable(env, name)
    if (found !== undefined) {
      throw new SealwrightError('VALIDATION', `${found.name} is set, and has no effect here`, { fix })
    }
  }
}

function addressOf({ address: option, allowPlainHttp = false }: ConnectionOptions, env: Environment): URL {
  const address = given(option?.trim(), 'address') ?? variable(env, 'ADDR')
  if (address === undefined) {
    throw new SealwrightError('VALIDATION', 'the address of Vault is not known', {
      why: 'neither the option `address` nor VAULT_ADDR is set',
      fix: 'set VAULT_ADDR=https://vault.example:8200',
    })
  }
  const refused = (why: string, fix = 'write https://HOST:PORT') =>
    new SealwrightError('VALIDATION', `${address.name} is not an address of Vault`, { why, fix })
  const url = URL.canParse(address.value) ? new URL(address.value) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refused('it is not an https:// URL')
  if (url.username || url.password) throw refused('it carries a user or a password')
  const foreign = /\/(?:v1|ui)(?=\/|$)/.exec(url.pathname)
  if (foreign !== null) {
    throw refused(
      `its path ends in ${foreign[0]}, which clients add themselves`,
      `set it to ${url.origin}${url.pathname.slice(0, foreign.index)}`,
    )
  }
  if (url.search || url.hash) throw refused('it has a query or a fragment')
  if (url.protocol === 'https:' || isLoopback(url) || allowPlainHttp) return url
  throw refused('http:// is for this host alone: on the way to another, the token could be read')
}

/** In the order of Vault's own client: a file, the certificates themselves, a directory of files. */
async function authoritiesOf(env: Environment): Promise<Setting | undefined> {
  const file = await fileOf(env, 'CACERT')
  return file ?? variable(env, 'CACERT_BYTES') ?? (await folderOf(env, 'CAPATH'))
}

async function fileOf(env: Environment, name: string): Promise<Setting | undefined> {
  const path = variable(env, name)
  return path && { name: path.name, value: await readText(path.value, path.name) }
}

/** The files of a directory, one after the other, such as those of /etc/ssl/certs. */
async function folderOf(env: Environment, name: string): Promise<Setting | undefined> {
  const path = variable(env, name)
  if (path === undefined) return undefined
  const entries = await readdir(path.value, { withFileTypes: true }).catch(cause => {
    throw namedBy(path.name, systemFailure(cause, 'list', path.value))
  })
  const files = entries.filter(entry => entry.isFile() || entry.isSymbolicLink())
  const texts = await Promise.all(files.map(entry => readText(join(path.value, entry.name), path.name)))
  return { name: path.name, value: texts.filter(text => text.includes('-----BEGIN CERTIFICATE')).join('\n') }
}

/** OpenSSL passes over authorities that it cannot read, and says of other faults nothing that a reader would understand. */
function assertTls(ca: Setting | undefined, cert: Setting | undefined, key: Setting | undefined): void {
  if (ca !== undefined) {
    usable(ca.name, 'it is not PEM of certificates', () => {
      const blocks = ca.value.split(/^-----BEGIN /m).slice(1)
      if (blocks.length === 0) throw new TypeError('no PEM block')
      for (const block of blocks) new X509Certificate(`-----BEGIN ${block}`)
    })
  }
  if (cert === undefined || key === undefined) return
  usable(`${cert.name}, ${key.name}`, 'it is not PEM of a certificate and of its key', () => {
    createSecureContext({ cert: cert.value, key: key.value })
  })
}

function usable(named: string, why: string, use: () => void): void {
  try {
    use()
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `what ${named} gives cannot be used for TLS`, {
      why,
      fix: 'give PEM: blocks between -----BEGIN and -----END lines, keys without a passphrase',
      cause,
    })
  }
}

/** @param named - The variable or option that names the file. */
export async function readText(path: string, named: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  try {
    return Buffer.from(await readRegularFile(path, MAX_FILE_BYTES)).toString('utf8')
  } catch (error) {
    signal?.throwIfAborted()
    throw namedBy(named, error)
  }
}

/** Says which setting names a file that cannot be read. */
function namedBy(named: string, error: unknown): unknown {
  if (!isSealwrightError(error)) return error
  const { code, message, why, fix } = error
  // NOT_FOUND would say that the key is missing.
  return new SealwrightError(code === 'NOT_FOUND' ? 'VALIDATION' : code, `${message}, which ${named} names`, {
    why,
    fix: fix ?? `correct ${named}, or unset it`,
    cause: error,
  })
}
