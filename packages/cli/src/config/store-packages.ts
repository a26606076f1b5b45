import { readRegularFile } from '@sealwright/core/files'
import type { Io } from '../runtime/io.ts'
import { MAX_FILE_BYTES } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Members, Place } from './shape.ts'

/** A store that is a package of its own, installed by whoever uses it. */
export interface StorePackage {
  readonly schemes: readonly string[]
  /** npm name. */
  readonly package: string
  /** The export that makes the provider. */
  readonly factory: string
  /** What a configuration may say of it: options that are neither secrets nor objects of a program. Files are paths. */
  readonly settings: Members
  /** The provider's options; those of `settings` themselves where it is absent. */
  options?(
    settings: Readonly<Record<string, unknown>>,
    io: Pick<Io, 'env'>,
  ): Promise<Readonly<Record<string, unknown>>>
}

const text = (place: Place): string => place.text()
const flag = (place: Place): boolean => place.flag()
const file = (place: Place): string => place.file()

/** The stores of this project. Each validates the values itself. */
export const storePackages: readonly StorePackage[] = [
  {
    schemes: ['file'],
    package: '@sealwright/provider-file',
    factory: 'fileKeys',
    settings: { allowOthersToRead: flag },
  },
  {
    schemes: ['awskms'],
    package: '@sealwright/provider-aws-kms',
    factory: 'awsKms',
    settings: {
      region: text,
      endpoint: text,
      allowPlainHttp: flag,
      profile: text,
      fips: flag,
      dualStack: flag,
    },
    options: async (settings, { env }) => ({ ...settings, proxyEnv: env }),
  },
  {
    schemes: ['azurekms'],
    package: '@sealwright/provider-azure-key-vault',
    factory: 'azureKeyVault',
    settings: {
      hosts: place => place.list(text),
      endpoint: text,
      ca: file,
      disableChallengeResourceVerification: flag,
    },
    options: async (settings, { env }) => ({ ...(await withFiles(settings, ['ca'])), proxyEnv: env }),
  },
  {
    schemes: ['gcpkms', 'cloudkms', 'gcp-kms'],
    package: '@sealwright/provider-gcp-kms',
    factory: 'gcpKms',
    settings: {
      endpoint: text,
      allowPlainHttp: flag,
      transport: place => place.oneOf('grpc', 'rest'),
      universeDomain: text,
    },
    options: async (settings, { env }) => ({ ...settings, proxyEnv: env }),
  },
  {
    schemes: ['hashivault', 'openbao', 'hv'],
    package: '@sealwright/provider-hashicorp-vault',
    factory: 'hashicorpVault',
    settings: {
      address: text,
      namespace: text,
      ca: file,
      clientCert: file,
      clientKey: file,
      serverName: text,
      allowPlainHttp: flag,
      allowExportable: flag,
      auth: readVaultAuth,
    },
    options: async ({ auth, ...settings }, io) => ({
      ...(await withFiles(settings, ['ca', 'clientCert', 'clientKey'])),
      proxyEnv: io.env,
      ...(auth === undefined ? {} : { auth: vaultAuth(auth as VaultAuth, io) }),
    }),
  },
  {
    schemes: ['pkcs11'],
    package: '@sealwright/provider-pkcs11',
    factory: 'pkcs11',
    settings: { module: file, libraryParameters: text, sessions: place => place.count() },
    options: async ({ module, ...settings }) => ({
      ...settings,
      ...(module === undefined ? {} : { modulePath: module }),
    }),
  },
]

/** A log-in as a configuration has it: its secret is in a file or a variable. */
interface VaultAuth {
  readonly method?: string | undefined
  readonly secretIdFile?: string | undefined
  readonly secretIdVariable?: string | undefined
  readonly jwtFile?: string | undefined
  readonly jwtVariable?: string | undefined
}

function readVaultAuth(place: Place): VaultAuth {
  return place.object(
    {
      method: member => member.oneOf('approle', 'kubernetes', 'jwt'),
      mount: text,
      role: text,
      roleId: text,
      secretIdFile: file,
      secretIdVariable: text,
      jwtFile: file,
      jwtVariable: text,
    },
    'is not known here; secrets are in files or variables',
  ) as VaultAuth
}

function vaultAuth(
  { secretIdFile, secretIdVariable, jwtFile, jwtVariable, ...auth }: VaultAuth,
  io: Pick<Io, 'env'>,
): Readonly<Record<string, unknown>> {
  const secretId = secretFrom(secretIdFile, secretIdVariable, io)
  const jwt = secretFrom(jwtFile, jwtVariable, io)
  return {
    ...auth,
    ...(secretId === undefined ? {} : { secretId }),
    ...(jwt === undefined ? {} : { jwt }),
  }
}

/** Read at each log-in: what hands secrets out replaces them before they end. */
function secretFrom(
  path: string | undefined,
  variable: string | undefined,
  { env }: Pick<Io, 'env'>,
): (() => Promise<string>) | undefined {
  if (path !== undefined) return () => readText(path)
  if (variable === undefined) return undefined
  return async () => {
    const value = env[variable]
    if (value) return value
    throw usageError(`the log-in to Vault needs ${variable}`, {
      why: 'the configuration names this variable, and it is not set',
      fix: 'set it in the job, or change providers in the configuration',
    })
  }
}

/** The settings with the content of files in place of their paths. */
async function withFiles(
  settings: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const read = names
    .filter(name => settings[name] !== undefined)
    .map(async name => [name, await readText(settings[name] as string)] as const)
  return { ...settings, ...Object.fromEntries(await Promise.all(read)) }
}

async function readText(path: string): Promise<string> {
  return Buffer.from(await readRegularFile(path, MAX_FILE_BYTES)).toString('utf8')
}
