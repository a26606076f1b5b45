// Signs an image in an OCI image layout with a key of Google Cloud KMS:
// `node examples/gcp-kms.ts gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K LAYOUT TAG CHAIN-FILE [ENDPOINT]`
// Credentials are Google's Application Default Credentials: workload identity federation, a service account, …
// ENDPOINT is asked in the place of Google's: a private or regional endpoint, an emulator.
import { gcpKms } from '@sealwright/provider-gcp-kms'
import { signImage } from './shared/sign-image.ts'

const [
  reference = 'gcpkms://projects/acme/locations/europe-west3/keyRings/release/cryptoKeys/app',
  layout = 'image',
  tag = 'v1',
  chainFile = 'release.crt',
  endpoint,
] = process.argv.slice(2)

const keys = gcpKms(endpoint === undefined ? {} : { endpoint })
await signImage(keys, { reference, layout, tag, chainFile })
await keys[Symbol.asyncDispose]?.()
