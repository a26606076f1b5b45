import { X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { type EnvelopeFormat, verifySignature } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { testSigner } from '../../core/test/envelope-signing.ts'
import { absent, haveVectors, vectorBytes, vectorPath } from '../../core/test/vectors.ts'
import { type Nv2Attributes, nv2First, nv2Jwt, nv2KeyId, type OpenedNv2, openNv2 } from '../src/index.ts'

const FILES = ['x509_kid.nv2.json', 'x509_x5c.nv2.json', 'x509_kid.nv2.jwt', 'x509_x5c.nv2.jwt'] as const

const read = (name: string): OpenedNv2 => openNv2(vectorBytes('nv2', name))

/** All four are of one key, which two of them hold the certificate of. */
function publicKey(): Uint8Array {
  const [leaf] = read('x509_x5c.nv2.json').envelope.signatures[0]!.certificates!
  const { publicKey: key } = new X509Certificate(leaf!)
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}

describe('the examples that the prototype published', () => {
  it('are all here', context => {
    if (!haveVectors) context.skip(absent)
    expect(readdirSync(vectorPath('nv2'))).toEqual(FILES.toSorted())
  })

  it.for(FILES)('%s verifies, and says what its documentation says', (name, context) => {
    if (!haveVectors) context.skip(absent)
    const { form, envelope } = read(name)
    expect(form).toBe(name.endsWith('.jwt') ? 'jwt' : 'first-json')
    const [signature] = envelope.signatures
    expect(verifySignature('RS256', publicKey(), signature!.toBeSigned, signature!.bytes)).toBe(true)
    expect(envelope.content()).toEqual({
      ...(form === 'jwt' ? { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' } : {}),
      digest: 'sha256:c4516b8a311e85f1f2a60573abf4c6b740ca3ade4127e29b05616848de487d34',
      size: 528,
      references: ['registry.example.com/example:latest', 'registry.example.com/example:v1.0'],
    })
    expect(signature!.algorithm).toBe('RS256')
  })

  it('name their key by the id that is computed here', context => {
    if (!haveVectors) context.skip(absent)
    for (const name of ['x509_kid.nv2.json', 'x509_kid.nv2.jwt'])
      expect(read(name).envelope.signatures[0]!.keyId).toBe(nv2KeyId(publicKey()))
  })

  it.for(FILES)('%s is written again, byte for byte, from what was read of it', (name, context) => {
    if (!haveVectors) context.skip(absent)
    const bytes = vectorBytes('nv2', name)
    const { form, envelope } = openNv2(bytes)
    const { attributes, certificates, bytes: signature } = envelope.signatures[0]!
    const format = (form === 'jwt' ? nv2Jwt : nv2First) as EnvelopeFormat<unknown, Nv2Attributes>
    const key = { ...testSigner('RSA-2048', 'RS256').identity.key, publicKey: publicKey() }
    const identity = {
      key,
      algorithm: 'RS256' as const,
      ...(certificates === undefined ? {} : { certificates }),
    }
    const prepared = format.prepare(envelope.content(), attributes, identity)
    const written = prepared.close({ bytes: signature, algorithm: 'RS256', key }, {})
    expect(Buffer.from(written).toString()).toBe(Buffer.from(bytes).toString())
  })
})
