import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AlgorithmId, openSigner, seal } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { fileKeys } from '@sealwright/provider-file'
import { expect, test } from 'vitest'
import { run, succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { cborArray, cborBytes, cborContents, cborItems, cborText } from './cbor.ts'
import { ecdsaToDer } from './ecdsa-der.ts'
import { envelopesIn } from './envelopes.ts'
import { makeIdentities, NOTARY_ALGORITHMS, TYPES } from './identities.ts'
import { signOurselves } from './ours.ts'
import { inLayout } from './places.ts'

const timeout = 60_000
const identities = shared(makeIdentities)

const PSS = ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest']

/** Whether openssl finds the signature good. ECDSA goes in as r‖s. */
async function opensslAccepts(
  algorithm: AlgorithmId,
  publicKey: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const directory = await scratch('openssl')
  const file = (name: string) => join(directory, name)
  await writeFile(file('key.pem'), publicKey)
  await writeFile(file('message'), message)
  await writeFile(file('signature'), algorithm.startsWith('ES') ? ecdsaToDer(signature) : signature)
  if (algorithm === 'Ed25519') {
    const key = ['-verify', '-pubin', '-inkey', file('key.pem'), '-rawin']
    return (
      (await run('openssl', ['pkeyutl', ...key, '-in', file('message'), '-sigfile', file('signature')]))
        .code === 0
    )
  }
  const hash = `-sha${algorithm.slice(2)}`
  const options = algorithm.startsWith('PS') ? PSS : []
  const verify = ['-verify', file('key.pem'), '-signature', file('signature'), ...options, file('message')]
  return (await run('openssl', ['dgst', hash, ...verify])).stdout === 'Verified OK\n'
}

async function publicKeyOf(keyPath: string): Promise<string> {
  return succeed('openssl', ['pkey', '-in', keyPath, '-pubout'])
}

/** DSSE v1 pre-authentication encoding, written from its specification. */
function preAuthEncoding(type: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${body.length} `), body])
}

test.for([
  ['RSA-2048', 'PS256'],
  ['RSA-2048', 'RS256'],
  ['RSA-3072', 'PS384'],
  ['RSA-4096', 'RS512'],
  ['EC-P256', 'ES256'],
  ['EC-P384', 'ES384'],
  ['EC-P521', 'ES512'],
] as const)(
  'openssl verifies the DSSE envelope that we make with %s as %s',
  { timeout },
  async ([type, algorithm], context) => {
    const { leaves } = await identities(context)
    const { keyPath } = leaves[type]
    await using signer = await openSigner(fileKeys(), `file:${keyPath}`, { algorithm })
    const payloadType = 'application/vnd.in-toto+json'
    const payload = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}')
    const { bytes } = await seal(dsse, { payloadType, payload }, signer, { attributes: {} })
    const envelope = JSON.parse(Buffer.from(bytes).toString())
    expect(Buffer.from(envelope.payload, 'base64')).toEqual(payload)
    const signature = Buffer.from(envelope.signatures[0].sig, 'base64')
    const publicKey = await publicKeyOf(keyPath)
    const message = preAuthEncoding(payloadType, payload)
    expect(await opensslAccepts(algorithm, publicKey, message, signature)).toBe(true)
    expect(await opensslAccepts(algorithm, publicKey, payload, signature)).toBe(false)
  },
)

test('openssl verifies each signature of a DSSE envelope that signers added one after another', {
  timeout,
}, async () => {
  const directory = await scratch('dsse')
  const content = { payloadType: 'text/plain', payload: Buffer.from('agreed') }
  const signers = [
    { algorithm: 'ES256', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
    { algorithm: 'Ed25519', ...generateKeyPairSync('ed25519') },
    { algorithm: 'ES384', ...generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
  ] as const
  let envelope: Uint8Array | undefined
  for (const { algorithm, privateKey } of signers) {
    const path = join(directory, `${algorithm}.key`)
    await writeFile(path, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
    await using signer = await openSigner(fileKeys(), `file:${path}`, { algorithm })
    const onto = envelope === undefined ? {} : { onto: envelope }
    envelope = (await seal(dsse, content, signer, { attributes: {}, ...onto })).bytes
  }
  const { signatures } = JSON.parse(Buffer.from(envelope!).toString())
  expect(signatures).toHaveLength(3)
  const message = preAuthEncoding(content.payloadType, content.payload)
  for (const [index, { algorithm, publicKey }] of signers.entries()) {
    const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const signature = Buffer.from(signatures[index].sig, 'base64')
    expect(await opensslAccepts(algorithm, pem, message, signature), algorithm).toBe(true)
  }
})

test.for(TYPES)(
  'openssl verifies the COSE_Sign1 that we make with %s',
  { timeout },
  async (type, context) => {
    const { leaves } = await identities(context)
    const identity = leaves[type]
    const place = await inLayout()
    await signOurselves(place, { identity, format: 'cose' })
    const [envelope] = await envelopesIn(place.directory, 'cose')
    const TAG = 1 // byte
    const [header, , payload, signature] = cborItems(envelope!.subarray(TAG))
    const toBeSigned = cborArray(cborText('Signature1'), header!, cborBytes(Buffer.alloc(0)), payload!)
    const publicKey = await publicKeyOf(identity.keyPath)
    const algorithm = NOTARY_ALGORITHMS[type]
    expect(await opensslAccepts(algorithm, publicKey, toBeSigned, cborContents(signature!))).toBe(true)
  },
)
