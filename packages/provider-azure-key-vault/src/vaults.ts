import type { CertificateClientOptions } from '@azure/keyvault-certificates'
import type { KeyClient, KeyClientOptions, KeyVaultKey } from '@azure/keyvault-keys'
import { SealwrightError } from '@sealwright/core'
import { type HttpProxy, type ProxyEnv, proxyFor } from '@sealwright/core/adapter'
import { scopeOf } from './hosts.ts'
import { type AzureKeyVaultOptions, originOf } from './options.ts'
import type { KeyVersion } from './reference.ts'
import { type TokenSource, tokenSource } from './token-source.ts'
import { type HttpClient, transport } from './transport.ts'
import { type Clients, type Validity, type Vault, vaultOf } from './vault.ts'

/** Who gives tokens out, for the choice of a proxy. */
const ENTRA_ID = new URL('https://login.microsoftonline.com')

const UNUSED_PROXY = { host: 'http://unused.invalid', port: 80 } as const

/** The vaults of one provider, each connected to when it is first asked for. */
export interface Vaults extends AsyncDisposable {
  vault(host: string): Promise<Vault>
  /** `undefined` with a ready client, whose credential is its own. */
  tokens(): Promise<TokenSource | undefined>
  /**
   * What a token is for where none was given out yet: each cloud has its own.
   *
   * @param host - Of the vault that is meant; the last that was connected to without it.
   */
  scope(host: string | undefined): string
}

export function vaultsOf(options: AzureKeyVaultOptions): Vaults {
  const { client, credential, endpoint, ca, proxyEnv, disableChallengeResourceVerification = false } = options
  const way = transport({ endpoint, ca, proxyEnv })
  const made = new Map<string, Promise<Vault>>()
  let tokens: Promise<TokenSource> | undefined
  let isClosed = false

  const source = () => {
    tokens ??= loadCredential(credential, proxyEnv).then(tokenSource)
    tokens.catch(() => {
      tokens = undefined
    })
    return tokens
  }
  const connect = async (host: string): Promise<Vault> => {
    // The SDK costs 200 ms to load: only who opens a key pays for it.
    if (client !== undefined) return vaultOf(givenClients(client as unknown as KeyClient, host))
    const [sdk, from, to] = await Promise.all([import('@azure/keyvault-keys'), source(), way.to(host)])
    const alias = endpoint === undefined ? undefined : new URL(originOf(endpoint)).host
    return vaultOf(
      ownClients(sdk, { host, way: to, tokens: from, disableChallengeResourceVerification, alias }),
    )
  }
  return {
    vault: host => {
      if (isClosed) throw new SealwrightError('VALIDATION', 'the key store of Azure Key Vault is disposed of')
      let found = made.get(host)
      if (found === undefined) {
        found = connect(host)
        made.set(host, found)
        found.catch(() => made.delete(host))
      }
      return found
    },
    tokens: async () => (client === undefined ? source() : undefined),
    scope: host => scopeOf(host ?? [...made.keys()].at(-1) ?? 'any.vault.azure.net'),
    [Symbol.asyncDispose]: async () => {
      isClosed = true
      made.clear()
      await way.destroy()
    },
  }
}

async function loadCredential(given: AzureKeyVaultOptions['credential'], proxyEnv: ProxyEnv | undefined) {
  if (given !== undefined) return given
  const { DefaultAzureCredential } = await import('@azure/identity')
  const proxy = proxyEnv && proxyFor(ENTRA_ID, proxyEnv)
  const options = proxy === undefined ? {} : { proxyOptions: settingsOf(proxy) }
  return new DefaultAzureCredential(options as never) as unknown as NonNullable<typeof given>
}

/** Left to itself the SDK reads the variables of the process, and takes no value without a scheme. */
function settingsOf({ url: { protocol, hostname, port, username, password } }: HttpProxy) {
  return {
    host: `${protocol}//${hostname}`,
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  }
}

interface Connection {
  readonly host: string
  readonly alias?: string | undefined
  readonly way: HttpClient
  readonly tokens: TokenSource
  readonly disableChallengeResourceVerification: boolean
}

function ownClients(sdk: typeof import('@azure/keyvault-keys'), connection: Connection): Clients {
  const { host, alias, way, tokens, disableChallengeResourceVerification } = connection
  const credential = tokens as never
  const url = `https://${host}`
  const configured = (httpClient: HttpClient = way): KeyClientOptions & CertificateClientOptions => ({
    httpClient,
    // Attempts are the pipeline's: one budget, one deadline, every attempt seen.
    retryOptions: { maxRetries: 0 },
    redirectOptions: { maxRetries: 0 },
    // Our transport chooses the proxy. With settings of its own the SDK reads no variables, of which it takes fewer forms.
    proxyOptions: UNUSED_PROXY,
    disableChallengeResourceVerification,
  })
  const shared = new sdk.KeyClient(url, credential, configured())
  return {
    host,
    alias,
    keys: signal =>
      signal === undefined ? shared : new sdk.KeyClient(url, credential, configured(heeding(way, signal))),
    cryptography: (reference, validity) =>
      new sdk.CryptographyClient(keyOf(reference, validity), credential, configured()),
    certificates: async () => {
      const { CertificateClient } = await import('@azure/keyvault-certificates')
      return new CertificateClient(url, credential, configured())
    },
    secrets: async () => {
      const { SecretClient } = await import('@azure/keyvault-secrets')
      return new SecretClient(url, credential, configured())
    },
  }
}

/** The key as the SDK wants to know it. Given only an id it would ask for the key again, and sign with the latest version if the id had none. */
function keyOf({ host, name, version }: KeyVersion, { notBefore, expires }: Validity): KeyVaultKey {
  const id = `https://${host}/keys/${name}/${version}`
  return {
    id,
    name,
    key: {},
    properties: {
      id,
      name,
      version,
      vaultUrl: `https://${host}`,
      ...(notBefore === undefined ? {} : { notBefore: new Date(notBefore) }),
      ...(expires === undefined ? {} : { expiresOn: new Date(expires) }),
    },
  }
}

function heeding(http: HttpClient, signal: AbortSignal): HttpClient {
  return {
    sendRequest: request => {
      request.abortSignal ??= signal
      return http.sendRequest(request)
    },
  }
}

function givenClients(client: KeyClient, host: string): Clients {
  const own = URL.canParse(client.vaultUrl) ? new URL(client.vaultUrl).host : ''
  if (own !== host) {
    throw new SealwrightError('VALIDATION', `the key is in ${host} and the given client asks ${own}`, {
      fix: `give a client of ${host}, or none`,
    })
  }
  return {
    host,
    keys: () => client,
    cryptography: ({ name, version }) => client.getCryptographyClient(name, { keyVersion: version }),
  }
}
