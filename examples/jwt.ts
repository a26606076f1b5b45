// Signs a JWT with a key that stays in its store, and verifies it with jose, as its receiver would:
// `node examples/jwt.ts KEY-FILE PASSPHRASE-FILE`. A key in a service is opened by another provider, and the rest is the same.
import { readFile } from 'node:fs/promises'
import { fingerprint, openSigner, type Signer, toJwk } from '@sealwright/core'
import { fileKeys } from '@sealwright/provider-file'
import { importJWK, jwtVerify } from 'jose'

const [keyFile = 'release.key', passphraseFile = 'passphrase.txt'] = process.argv.slice(2)

/** A signature of a `Signer` is one of JWS as it is, and its algorithm has the name of JOSE. */
async function signJwt(signer: Signer, claims: object): Promise<string> {
  const header = { alg: signer.algorithm.id, typ: 'JWT', kid: fingerprint(signer.key.publicKey) }
  const message = [header, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  const { bytes } = await signer.sign(Buffer.from(message))
  return `${message}.${Buffer.from(bytes).toString('base64url')}`
}

const keys = fileKeys({ passphrase: async () => (await readFile(passphraseFile, 'utf8')).trimEnd() })
const signer = await openSigner(keys, `file:${keyFile}`)
const now = Math.floor(Date.now() / 1000)
const token = await signJwt(signer, { iss: 'acme', aud: 'deploy', iat: now, exp: now + 300 })
await signer[Symbol.asyncDispose]()

const publicKey = await importJWK(toJwk(signer.key.publicKey), signer.algorithm.id)
const { payload, protectedHeader } = await jwtVerify(token, publicKey, { issuer: 'acme', audience: 'deploy' })
console.log(`${protectedHeader.alg} by ${protectedHeader.kid}: ${payload.iss} to ${payload.aud}`)
