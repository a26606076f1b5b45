import { awsKms } from '@sealwright/provider-aws-kms'
import { azureKeyVault } from '@sealwright/provider-azure-key-vault'
import { gcpKms } from '@sealwright/provider-gcp-kms'
import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
import { requireOf, SDKS } from './sdk.ts'
import type { Served, StoreName } from './served.ts'
import { algorithmOf, type Bare, type MakeSubject, type Subject } from './subject.ts'

const REGION = 'eu-central-1'

/** Our providers import no SDK before a key is opened, so one process has one SDK. */
export const SUBJECTS: Readonly<Record<StoreName, MakeSubject>> = {
  'aws-kms': awsSubject,
  'azure-key-vault': azureSubject,
  'gcp-kms': gcpSubject,
  'hashicorp-vault': vaultSubject,
}

// biome-ignore lint/suspicious/noExplicitAny: SDKs of providers, whose types only the providers have.
type Sdk = any

function sdkOf(store: StoreName): Sdk {
  return requireOf(store)(SDKS[store])
}

function common(served: Served): Pick<Subject, 'reference' | 'spki'> {
  return {
    reference: name => served.keys[name].reference,
    spki: name => Buffer.from(served.keys[name].spki, 'base64'),
  }
}

async function awsSubject(served: Served): Promise<Subject> {
  const credentials = served.secrets as { accessKeyId: string; secretAccessKey: string; sessionToken: string }
  const provider = awsKms({ endpoint: served.url, region: REGION, credentials })
  const { KMSClient, SignCommand } = sdkOf('aws-kms')
  const client = new KMSClient({ endpoint: served.url, region: REGION, credentials, maxAttempts: 1 })
  return {
    ...common(served),
    provider,
    bare: async name => {
      const SigningAlgorithm = algorithmOf(name) === 'PS256' ? 'RSASSA_PSS_SHA_256' : 'ECDSA_SHA_256'
      const { id: KeyId } = served.keys[name]
      return {
        encoding: 'der',
        sign: async Message => {
          const command = new SignCommand({ KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm })
          return (await client.send(command)).Signature
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy()
      await provider[Symbol.asyncDispose]?.()
    },
  }
}

async function azureSubject(served: Served): Promise<Subject> {
  const { token } = served.secrets
  const credential = {
    getToken: async () => ({ token: token!, expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
  const provider = azureKeyVault({ credential, endpoint: served.url, ca: served.ca! })
  const { CryptographyClient } = sdkOf('azure-key-vault')
  return {
    ...common(served),
    provider,
    bare: async (name): Promise<Bare> => {
      const options = { disableChallengeResourceVerification: true, retryOptions: { maxRetries: 0 } }
      const { id } = served.keys[name]
      const key = {
        id,
        name,
        key: {},
        properties: { id, name, vaultUrl: served.url, version: id.split('/').at(-1) },
      }
      const client = new CryptographyClient(key, credential, options)
      return {
        encoding: 'ieee-p1363',
        sign: async digest => (await client.sign(algorithmOf(name), digest)).result,
      }
    },
    [Symbol.asyncDispose]: async () => provider[Symbol.asyncDispose]?.(),
  }
}

async function gcpSubject(served: Served): Promise<Subject> {
  const authorization = `Bearer ${served.secrets.token}`
  // Made once: the bare client is told its header as it is, and what making one costs is not ours.
  const headers = new Headers({ authorization })
  const authClient = { universeDomain: 'googleapis.com', getRequestHeaders: async () => headers }
  const provider = gcpKms({ endpoint: served.url, authClient })
  const sdk = requireOf('gcp-kms')
  const { KeyManagementServiceClient } = sdkOf('gcp-kms')
  const { grpc, GoogleAuth } = sdk('google-gax')
  const { hostname, port } = new URL(served.url)
  const client = new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    projectId: '-',
    sslCreds: grpc.credentials.createInsecure(),
    auth: new GoogleAuth({ authClient }),
  })
  await client.initialize()
  return {
    ...common(served),
    provider,
    bare: async name => ({
      encoding: 'der',
      sign: async sha256 => {
        const request = { name: served.keys[name].id, digest: { sha256 } }
        const [{ signature }] = await client.asymmetricSign(request, {
          otherArgs: { headers: { authorization } },
        })
        return signature
      },
    }),
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await provider[Symbol.asyncDispose]?.()
    },
  }
}

async function vaultSubject(served: Served): Promise<Subject> {
  const token = served.secrets.token!
  const provider = hashicorpVault({ address: served.url, token })
  const client = sdkOf('hashicorp-vault')({
    endpoint: served.url,
    token,
    requestOptions: { headers: { 'X-Vault-Request': 'true' } },
  })
  return {
    ...common(served),
    provider,
    bare: async name => {
      const isRsa = algorithmOf(name) === 'PS256'
      const parameters = isRsa
        ? { signature_algorithm: 'pss', salt_length: 'hash' }
        : { marshaling_algorithm: 'jws' }
      return {
        encoding: 'ieee-p1363',
        sign: async digest => {
          const body = {
            input: digest.toString('base64'),
            prehashed: true,
            hash_algorithm: 'sha2-256',
            key_version: 1,
            ...parameters,
          }
          const { data } = await client.write(served.keys[name].id, body)
          return Buffer.from(data.signature.split(':')[2], isRsa ? 'base64' : 'base64url')
        },
      }
    },
    [Symbol.asyncDispose]: async () => provider[Symbol.asyncDispose]?.(),
  }
}
