import { createPublicKey } from 'node:crypto'
import { fakeAwsKms } from '../../../packages/provider-aws-kms/test/fake-aws-kms.ts'
import { fakeKeyVault } from '../../../packages/provider-azure-key-vault/test/fake-key-vault.ts'
import { fakeGcpKms } from '../../../packages/provider-gcp-kms/test/fake-gcp-kms/fake.ts'
import { ROLE_ID, SECRET_ID } from '../../../packages/provider-hashicorp-vault/test/fake-auth.ts'
import { fakeVault } from '../../../packages/provider-hashicorp-vault/test/fake-vault.ts'
import { KEY_NAMES, type KeyName, type Served, type ServedKey, type StoreName } from './served.ts'

/** A wire fake in a process of its own: `node serve.ts STORE` prints what it is, as JSON, and ends with its stdin. */
const SERVERS: Readonly<Record<StoreName, () => Promise<Served>>> = {
  'aws-kms': serveAws,
  'azure-key-vault': serveAzure,
  'gcp-kms': serveGcp,
  'hashicorp-vault': serveVault,
}

const served = await SERVERS[process.argv[2] as StoreName]()
console.log(JSON.stringify(served))
process.stdin.on('end', () => process.exit(0)).resume()

async function serveAws(): Promise<Served> {
  const { url, state, credentials } = await fakeAwsKms()
  const specs = { 'RSA-3072': 'RSA_3072', 'RSA-2048': 'RSA_2048', 'P-256': 'ECC_NIST_P256' }
  const keys = keysBy(name => {
    const { arn, key } = state.addKey(specs[name], 'eu-central-1')
    answersOnce(key!, 'sign')
    return { reference: `awskms:///${arn}`, id: arn, spki: key!.spki.toString('base64') }
  })
  return { url, secrets: { ...credentials }, keys }
}

async function serveAzure(): Promise<Served> {
  const { origin: url, state, token, ca } = await fakeKeyVault()
  const shapes = {
    'RSA-3072': { keySize: 3072 },
    'RSA-2048': { keySize: 2048 },
    'P-256': { curve: 'P-256' },
  }
  const keys = keysBy(name => {
    const { version, key } = state.addKey(name, name.startsWith('RSA') ? 'RSA' : 'EC', shapes[name])
    answersOnce(key, 'sign')
    const spki = createPublicKey(key.privateKey).export({ format: 'der', type: 'spki' })
    return {
      reference: `azurekms://${state.host}/${name}/${version}`,
      id: `${url}/keys/${name}/${version}`,
      spki: spki.toString('base64'),
    }
  })
  return { url, secrets: { token }, ca, keys }
}

async function serveGcp(): Promise<Served> {
  const fake = await fakeGcpKms()
  const algorithms = {
    'RSA-3072': 'RSA_SIGN_PSS_3072_SHA256',
    'RSA-2048': 'RSA_SIGN_PSS_2048_SHA256',
    'P-256': 'EC_SIGN_P256_SHA256',
  }
  const keys = keysBy(name => {
    const id = `${fake.state.addKey(algorithms[name])}/cryptoKeyVersions/1`
    const { key } = fake.state.version(id)
    answersOnce(key!, 'signDigest')
    return { reference: `gcpkms://${id}`, id, spki: key!.spki.toString('base64') }
  })
  return { url: fake.url('grpc'), secrets: { token: fake.token }, keys }
}

async function serveVault(): Promise<Served> {
  const { url, transit, auth } = await fakeVault()
  const types = { 'RSA-3072': 'rsa-3072', 'RSA-2048': 'rsa-2048', 'P-256': 'ecdsa-p256' }
  const keys = keysBy(name => {
    transit.handle('POST', ['keys', name], new URLSearchParams(), { type: types[name] })
    const pem = transit.keys.get(name)!.versions[0]!.publicKey
    const spki = createPublicKey(pem).export({ format: 'der', type: 'spki' })
    return {
      reference: `hashivault://${name}?version=1`,
      id: `transit/sign/${name}`,
      spki: spki.toString('base64'),
    }
  })
  answersOnce(transit, 'handle')
  const { client_token: token } = auth.logIn('approle', { role_id: ROLE_ID, secret_id: SECRET_ID })
  return { url, secrets: { token: String(token) }, keys }
}

function keysBy(make: (name: KeyName) => ServedKey): Record<KeyName, ServedKey> {
  return Object.fromEntries(KEY_NAMES.map(name => [name, make(name)])) as Record<KeyName, ServedKey>
}

/** What was asked before is answered as before: the server is not what is measured. */
function answersOnce<Name extends string>(
  object: { readonly [Key in Name]: (...args: never[]) => unknown },
  name: Name,
): void {
  const known = new Map<string, unknown>()
  const original = object[name]
  const remembering = (...args: never[]) => {
    const asked = args.map(each =>
      Buffer.isBuffer(each) ? (each as Buffer).toString('hex') : JSON.stringify(each),
    )
    const id = asked.join()
    if (!known.has(id)) known.set(id, original.apply(object, args))
    return known.get(id)
  }
  Object.assign(object, { [name]: remembering })
}
