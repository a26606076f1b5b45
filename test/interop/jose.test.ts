import { readFile } from 'node:fs/promises'
import { flattenedVerify, importX509 } from 'jose'
import { expect, test } from 'vitest'
import { shared } from '../services/shared.ts'
import { envelopesIn } from './envelopes.ts'
import { makeIdentities, NOTARY_ALGORITHMS, TYPES } from './identities.ts'
import { signOurselves } from './ours.ts'
import { inLayout } from './places.ts'

const identities = shared(makeIdentities)

test.for(TYPES)('jose verifies the JWS that we make with %s', { timeout: 60_000 }, async (type, context) => {
  const { leaves } = await identities(context)
  const identity = leaves[type]
  const place = await inLayout()
  const metadata = { release: '1.0' }
  await signOurselves(place, { identity, format: 'jws', metadata })
  const [leaf = ''] =
    (await readFile(identity.chainPath, 'utf8')).match(/-----BEGIN.*?END CERTIFICATE-----/s) ?? []
  const [bytes] = await envelopesIn(place.directory, 'jws')
  const envelope = JSON.parse(Buffer.from(bytes!).toString())
  const key = await importX509(leaf, NOTARY_ALGORITHMS[type])
  const verified = await flattenedVerify(envelope, key, {
    algorithms: [NOTARY_ALGORITHMS[type]],
    crit: { 'io.cncf.notary.signingScheme': true },
  })
  const { mediaType, digest, size } = place.image
  expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual({
    targetArtifact: { mediaType, digest, size, annotations: metadata },
  })
  envelope.payload = Buffer.from('{}').toString('base64url')
  await expect(
    flattenedVerify(envelope, key, { crit: { 'io.cncf.notary.signingScheme': true } }),
  ).rejects.toThrow('signature verification failed')
})
