// Signs an image in an OCI image layout with a key on a PKCS#11 token, an HSM or a smart card:
// `node examples/pkcs11.ts "pkcs11:token=ACME;object=release" LAYOUT TAG CHAIN-FILE MODULE PIN-FILE`
// MODULE is the library that came with the token, for instance /usr/lib/softhsm/libsofthsm2.so.
import { readFile } from 'node:fs/promises'
import { pkcs11 } from '@sealwright/provider-pkcs11'
import { signImage } from './shared/sign-image.ts'

const [
  reference = 'pkcs11:token=ACME;object=release',
  layout = 'image',
  tag = 'v1',
  chainFile = 'release.crt',
  modulePath = '/usr/lib/softhsm/libsofthsm2.so',
  pinFile = 'pin.txt',
] = process.argv.slice(2)

const keys = pkcs11({
  modulePath,
  pin: async ({ triesLeft }) => {
    // Another wrong PIN would lock the token: a person should look.
    if (triesLeft === 'last') return undefined
    return (await readFile(pinFile, 'utf8')).trimEnd()
  },
})
await signImage(keys, { reference, layout, tag, chainFile })
await keys[Symbol.asyncDispose]?.()
