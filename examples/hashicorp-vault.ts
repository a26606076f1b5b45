// Signs an image in an OCI image layout with a key of HashiCorp Vault's or OpenBao's transit engine:
// `node examples/hashicorp-vault.ts hashivault://release LAYOUT TAG CHAIN-FILE`
// Address, CA and token are Vault's own variables: VAULT_ADDR, VAULT_CACERT, VAULT_TOKEN. ci-sign.ts logs in without a token.
import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
import { signImage } from './shared/sign-image.ts'

const [reference = 'hashivault://release', layout = 'image', tag = 'v1', chainFile = 'release.crt'] =
  process.argv.slice(2)

const keys = hashicorpVault()
await signImage(keys, { reference, layout, tag, chainFile })
await keys[Symbol.asyncDispose]?.()
