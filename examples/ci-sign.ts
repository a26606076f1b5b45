// The step of a CI that signs what was pushed, by its digest: `node examples/ci-sign.ts REPOSITORY@DIGEST`
// It holds no secret. The job's identity token, in a file that the CI writes, is shown to Vault (or OpenBao), which says for
// how long this job may sign with this key, and with no other. From the environment:
//   SIGNING_KEY            hashivault://release?version=1
//   SIGNING_CHAIN          the key's certificate chain, a file in the repository: it is public
//   VAULT_ADDR, VAULT_CACERT, VAULT_ROLE; ID_TOKEN_FILE
import { readFile } from 'node:fs/promises'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws, signArtifact } from '@sealwright/notary'
import { parseReference } from '@sealwright/oci'
import { dockerCredentials, registry } from '@sealwright/oci-registry'
import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
import { parseCertificates } from '@sealwright/x509'

function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const reference = parseReference(process.argv[2] ?? '')
// A tag may have moved since the push: what was not built here would be signed.
if (reference.digest === undefined) throw new Error('give the digest that the push printed, not a tag')

const vault = hashicorpVault({
  auth: {
    method: 'jwt',
    role: variable('VAULT_ROLE'),
    jwt: () => readFile(variable('ID_TOKEN_FILE'), 'utf8'),
  },
})
const signer = await openSigner(vault, variable('SIGNING_KEY'), {
  algorithm: notaryJws.envelope.algorithmFor,
})
const chainFile = variable('SIGNING_CHAIN')
const certificates = parseCertificates(await readFile(chainFile), chainFile).map(({ der }) => der)
const artifacts = registry(`${reference.registry}/${reference.repository}`, {
  credentials: dockerCredentials(),
})
const { subject, signature } = await signArtifact({ artifacts }, reference.digest, notaryJws, content =>
  seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
)
console.log(`signed ${subject.digest}\nsignature ${signature.digest}\nkey ${signer.key.reference}`)
await signer[Symbol.asyncDispose]()
await vault[Symbol.asyncDispose]?.()
