import { type ArtifactStore, type Descriptor, digestOf, readManifest } from '@sealwright/oci'
import { issueCertificate } from '@sealwright/x509'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ArtifactOptions,
  attestArtifact,
  attestationOf,
  createVerifier,
  findEqualAttestation,
  notaryJws,
  predicateTypes,
  type Report,
  signArtifact,
  type Trust,
  trustKey,
} from '../src/index.ts'
import { attestedBy, bundledBy, SLSA } from './attesting.ts'
import { attachDocument, imageStore, pushImage } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'
import { type TrustOptions, trustOf } from './trust.ts'

let authority: Party
let release: Party
let builder: Party
let stranger: Party
beforeAll(async () => {
  authority = await makeAuthority('Acme')
  release = await makeParty({ organisation: 'Acme', authority })
  builder = await makeParty({ organisation: 'Build', authority, key: 'rsa2048' })
  stranger = await makeParty({ organisation: 'Acme' })
})

let artifacts: ArtifactStore
let image: Descriptor
beforeEach(async () => {
  ;({ artifacts, image } = await imageStore())
  await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(release))
})

const acme = (statement: TrustOptions['statement'] = {}): Trust =>
  trustOf({ statement, stores: { 'ca:acme': [authority.root] } })

async function judge(
  trust: Trust = acme(),
  attestations: readonly string[] = [predicateTypes.slsa],
  options: ArtifactOptions = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust, clock: () => NOW })
  return verifier.verify({ artifacts, reference: 'v1' }, { attestations, ...options })
}

describe('attestArtifact', () => {
  it('attaches a bundle the way cosign 3 does', async () => {
    const { attestation, envelope, algorithm, foundBy } = await attestedBy(release, artifacts, image)
    expect(JSON.parse(Buffer.from((await readManifest(artifacts, attestation)).raw).toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      config: {
        mediaType: 'application/vnd.oci.empty.v1+json',
        digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          digest: expect.any(String),
          size: envelope.bytes.length,
        },
      ],
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
        'org.opencontainers.image.created': '2026-06-01T12:00:00Z',
      },
    })
    expect({ algorithm, foundBy }).toEqual({ algorithm: 'ES256', foundBy: 'layout' })
  })

  it('signs the predicate as it was given, to the last digit', async () => {
    const predicate = '{ "bomFormat": "CycloneDX",\n "serial": 12345678901234567890, "x": 1.0 }'
    const { envelope } = await attestArtifact(
      { artifacts },
      image,
      attestationOf(predicateTypes.cyclonedx, Buffer.from(` ${predicate}\n`)),
      bundledBy(release),
      { publicKey: release.signer.key.publicKey },
    )
    const { payload } = JSON.parse(Buffer.from(envelope.bytes).toString()).dsseEnvelope
    expect(Buffer.from(payload, 'base64').toString()).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"${image.digest.slice(7)}"}}],` +
        `"predicateType":"https://cyclonedx.org/bom","predicate":${predicate}}`,
    )
  })

  it.each([
    ['another key made', () => bundledBy(stranger)],
    [
      'is over something else',
      () => async (payload: { payloadType: string; payload: Uint8Array }) =>
        bundledBy(release)({
          ...payload,
          payload: Buffer.from(payload.payload.toString().replace('v1', 'v2')),
        }),
    ],
    [
      'is not a bundle',
      () => async () => ({ mediaType: 'application/vnd.dsse.envelope.v1+json', bytes: Buffer.from('{}') }),
    ],
  ])('stores no envelope that %s', async (_, seal) => {
    const before = await listed()
    const attesting = attestArtifact(
      { artifacts },
      image,
      attestationOf(predicateTypes.slsa, Buffer.from(JSON.stringify(SLSA))),
      seal(),
      { publicKey: release.signer.key.publicKey },
    )
    await expect(attesting).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect(await listed()).toEqual(before)
  })

  it.each([
    ['slsa', '{"bomFormat":"CycloneDX"}'],
    ['spdx', '{"bomFormat":"CycloneDX"}'],
    ['cyclonedx', '{"spdxVersion":"SPDX-2.3"}'],
    ['vsa', '{"verifier":{}}'],
    ['slsa', '[]'],
    ['slsa', '{"buildDefinition":{},"buildDefinition":{},"runDetails":{}}'],
    ['slsa', 'no JSON'],
  ] as const)('takes for %s no predicate that is none: %s', (name, predicate) => {
    expect(() => attestationOf(predicateTypes[name], Buffer.from(predicate))).toThrow(
      expect.objectContaining({ code: 'VALIDATION' }),
    )
  })
})

async function listed(): Promise<readonly string[]> {
  const digests: string[] = []
  for await (const { digest } of artifacts.referrers(image)) digests.push(digest)
  return digests
}

describe('findEqualAttestation', () => {
  const equalTo = (party: Party, predicate: object = SLSA, chain = false) =>
    findEqualAttestation(artifacts, image, {
      attestation: attestationOf(predicateTypes.slsa, Buffer.from(JSON.stringify(predicate))),
      publicKey: party.signer.key.publicKey,
      ...(chain ? { certificates: party.chain.map(({ der }) => der) } : {}),
    })

  it('finds the same statement by the same key, in the same form', async () => {
    const { attestation } = await attestedBy(release, artifacts, image)
    expect((await equalTo(release))?.digest).toBe(attestation.digest)
    expect(await equalTo(builder)).toBeUndefined()
    expect(await equalTo(release, { ...SLSA, more: 1 })).toBeUndefined()
    expect(await equalTo(release, SLSA, true)).toBeUndefined()
    const { attestation: chained } = await attestedBy(release, artifacts, image, { chain: true })
    expect((await equalTo(release, SLSA, true))?.digest).toBe(chained.digest)
  })

  it('passes over what is not what it is listed as', async () => {
    await attachDocument(artifacts, image, {
      artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      annotations: { 'dev.sigstore.bundle.predicateType': predicateTypes.slsa },
    })
    expect(await equalTo(release)).toBeUndefined()
  })
})

describe('verify with attestations', () => {
  it('denies a signed artifact that lacks one, and names what was found instead', async () => {
    const missing = await judge()
    expect(missing).toMatchObject({
      verdict: 'denied',
      reason: { code: 'ATTESTATION', why: expect.stringContaining('it has no attestation') },
      policy: { met: 1 },
      attestations: { required: [predicateTypes.slsa], met: [], judged: [], found: [] },
    })
    await attestedBy(release, artifacts, image, { type: 'spdx', predicate: { spdxVersion: 'SPDX-2.3' } })
    const other = await judge()
    expect(other.reason?.why).toContain('found 1 of https://spdx.dev/Document')
    expect(other.attestations?.found).toEqual([{ predicateType: predicateTypes.spdx, count: 1 }])
  })

  it('says nothing of attestations where none is asked for, or the signature is not good', async () => {
    await attestedBy(release, artifacts, image)
    expect((await judge(acme(), [])).attestations).toBeUndefined()
    const untrusted = await judge(acme({ trustedIdentities: ['x509.subject: C=DE,ST=Hessen,O=Other'] }))
    expect(untrusted.verdict).toBe('notVerified')
    expect(untrusted.attestations).toBeUndefined()
  })

  it('takes a certificate in the bundle that chains to the trust stores, without its root', async () => {
    await attestedBy(builder, artifacts, image, { chain: true })
    const report = await judge()
    expect(report).toMatchObject({
      verdict: 'verified',
      attestations: {
        met: [predicateTypes.slsa],
        judged: [
          {
            verdict: 'verified',
            format: 'sigstore-bundle',
            signer: { subject: expect.stringContaining('O=Build'), trustStore: 'ca:acme' },
          },
        ],
      },
    })
  })

  it('takes a key without a certificate where a signature of the artifact brings its chain', async () => {
    await attestedBy(release, artifacts, image)
    expect((await judge()).verdict).toBe('verified')
  })

  it('takes a key without a certificate where a trust store holds a certificate over it', async () => {
    await attestedBy(stranger, artifacts, image)
    const stores = { 'ca:acme': [authority.root, stranger.root] }
    expect((await judge(trustOf({ stores }))).verdict).toBe('verified')
  })

  it('takes no key without a certificate that nobody vouches for', async () => {
    await attestedBy(builder, artifacts, image)
    const report = await judge()
    expect(report).toMatchObject({
      verdict: 'denied',
      attestations: { judged: [{ verdict: 'notVerified', reason: { code: 'UNTRUSTED' } }] },
    })
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(builder))
    expect((await judge()).verdict).toBe('verified')
  })

  it('takes the chain that is trusted where another was put to a signature of the same key', async () => {
    const evil = await makeAuthority('Evil')
    const leaf = await issueCertificate({
      signer: evil.signer,
      subject: 'C=DE,ST=Hessen,O=Acme,CN=release',
      publicKey: release.signer.key.publicKey,
      issuer: evil.root,
      notBefore: new Date(NOW.getTime() - DAY),
      notAfter: new Date(NOW.getTime() + DAY),
    })
    // Chains are not signed: whoever may push can put another to the signature that is there.
    const swapped = { ...release, chain: [leaf, evil.root] }
    for (const order of [
      [swapped, release],
      [release, swapped],
    ]) {
      ;({ artifacts, image } = await imageStore())
      for (const party of order) await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(party))
      await attestedBy(release, artifacts, image)
      expect((await judge()).verdict).toBe('verified')
    }
  })

  it('gives up where many keys would have to be tried with much, and says that it does not know', async () => {
    for (let count = 0; count < 20; count++)
      await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(await makeParty({ organisation: 'Acme' })))
    const hex = image.digest.slice('sha256:'.length)
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'v1', digest: { sha256: hex } }],
      predicateType: predicateTypes.slsa,
      predicate: { x: 'x'.repeat(20 * 1024 * 1024) },
    }
    const envelope = Buffer.from(
      JSON.stringify({
        payloadType: 'application/vnd.in-toto+json',
        payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
        signatures: Array.from({ length: 16 }, (_, index) => ({
          sig: Buffer.alloc(64, index + 1).toString('base64'),
        })),
      }),
    )
    const mediaType = 'application/vnd.dsse.envelope.v1+json'
    const layer = { mediaType, digest: digestOf('sha256', envelope), size: envelope.length }
    await artifacts.push(layer, envelope)
    await attachDocument(artifacts, image, { artifactType: mediaType, layers: [layer] })
    expect(await judge()).toMatchObject({
      verdict: 'unknown',
      attestations: { judged: [{ verdict: 'unknown', reason: { code: 'LIMIT' } }] },
    })
    await attestedBy(release, artifacts, image)
    expect((await judge()).verdict).toBe('verified')
  })

  it('takes no chain of a stranger, and no identity that the statement does not trust', async () => {
    await attestedBy(stranger, artifacts, image, { chain: true })
    expect((await judge()).attestations?.judged).toMatchObject([{ reason: { code: 'UNTRUSTED' } }])
    await attestedBy(builder, artifacts, image, { chain: true })
    const report = await judge(acme({ trustedIdentities: ['x509.subject: C=DE,ST=Hessen,O=Acme'] }))
    expect(report.verdict).toBe('denied')
    expect(report.attestations?.judged.map(({ reason }) => reason?.code)).toEqual(['UNTRUSTED', 'UNTRUSTED'])
  })

  it('takes a certificate at its time alone', async () => {
    const expired = await makeParty({
      organisation: 'Build',
      authority,
      certificate: { notAfter: new Date(NOW.getTime() - DAY) },
    })
    await attestedBy(expired, artifacts, image, { chain: true })
    expect((await judge()).attestations?.judged).toMatchObject([{ reason: { code: 'EXPIRED' } }])
    const at = new Date(NOW.getTime() - 2 * DAY)
    expect((await judge(acme(), [predicateTypes.slsa], { at })).verdict).toBe('verified')
  })

  it('takes a certificate that has expired where a timestamp vouches for the time, and reports it', async () => {
    const lasting = { notAfter: new Date(NOW.getTime() + 3650 * DAY) }
    const root = await makeParty({
      organisation: 'Time',
      certificate: { ca: true, subject: 'C=DE,ST=Hessen,O=Time,CN=root', ...lasting },
    })
    const tsa = await makeParty({
      organisation: 'Time',
      authority: root,
      certificate: { purpose: 'timestamping', subject: 'C=DE,ST=Hessen,O=Time,CN=tsa', ...lasting },
    })
    const trust = trustOf({
      statement: {
        trustStores: ['ca:acme', 'tsa:time'],
        signatureVerification: { level: 'strict', verifyTimestamp: 'afterCertExpiry' },
      },
      stores: { 'ca:acme': [authority.root], 'tsa:time': [root.root] },
    })
    const expired = { certificate: { notAfter: new Date(NOW.getTime() + DAY) } }
    const brief = await makeParty({ organisation: 'Build', authority, ...expired })
    await attestedBy(brief, artifacts, image, { chain: true })
    const later = new Date(NOW.getTime() + 2 * DAY)
    const judgeLater = async () => {
      const verifier = await createVerifier({ trust, clock: () => later })
      const request = { artifacts, reference: 'v1' }
      return (await verifier.verify(request, { attestations: [predicateTypes.slsa] })).attestations!
    }
    expect((await judgeLater()).judged).toMatchObject([{ reason: { code: 'TIMESTAMP' } }])
    await attestedBy(brief, artifacts, image, { chain: true, tsa: await makeAuthority('Other') })
    expect((await judgeLater()).met).toEqual([])
    const { attestation } = await attestedBy(brief, artifacts, image, { chain: true, tsa })
    const { met, judged } = await judgeLater()
    expect(met).toEqual([predicateTypes.slsa])
    expect(judged.find(({ digest }) => digest === attestation.digest)).toMatchObject({
      verdict: 'verified',
      time: { used: '2026-06-01T12:00:00Z', source: 'timestamp' },
      timestamp: { authority: { subject: 'CN=tsa,O=Time,ST=Hessen,C=DE' }, trustStore: 'tsa:time' },
      revocation: [{ status: 'notRevocable' }],
    })
    const query = {
      attestation: attestationOf(predicateTypes.slsa, Buffer.from(JSON.stringify(SLSA))),
      publicKey: brief.signer.key.publicKey,
      certificates: brief.chain.map(({ der }) => der),
    }
    const equal = await findEqualAttestation(artifacts, image, { ...query, timestampedBy: [root.root] })
    expect(equal?.digest).toBe(attestation.digest)
    const elsewhere = { ...query, timestampedBy: [authority.root] }
    expect(await findEqualAttestation(artifacts, image, elsewhere)).toBeUndefined()
  })

  it('takes no certificate of an authority for a signer', async () => {
    await attestedBy(authority, artifacts, image, { chain: true })
    expect((await judge()).attestations?.judged).toMatchObject([{ reason: { code: 'CERTIFICATE' } }])
  })

  it('takes the key that was given, and no other', async () => {
    await attestedBy(release, artifacts, image)
    expect((await judge(trustKey(release.signer.key.publicKey))).attestations?.judged).toMatchObject([
      { verdict: 'verified', signer: { spkiSha256: expect.any(String) } },
    ])
    const fresh = await imageStore()
    ;({ artifacts, image } = fresh)
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(release))
    await attestedBy(builder, artifacts, image, { chain: true })
    expect(await judge(trustKey(release.signer.key.publicKey))).toMatchObject({
      verdict: 'denied',
      attestations: { judged: [{ reason: { code: 'UNTRUSTED' } }] },
    })
  })

  it('takes none whose predicate says a thing twice', async () => {
    const { predicate, ...rest } = attestationOf(predicateTypes.slsa, Buffer.from(JSON.stringify(SLSA)))
    const twice = { ...rest, predicate: predicate.replace('{', '{"runDetails":{},') }
    await attestArtifact({ artifacts }, image, twice, bundledBy(release, true), {
      publicKey: release.signer.key.publicKey,
    })
    expect((await judge()).attestations?.judged).toMatchObject([
      { verdict: 'notVerified', reason: { code: 'MALFORMED', why: expect.stringContaining('twice') } },
    ])
  })

  it('takes no attestation of another artifact, wherever it is attached', async () => {
    const other = await pushImage(artifacts, 'v2')
    const attestation = attestationOf(predicateTypes.slsa, Buffer.from(JSON.stringify(SLSA)))
    const { envelope } = await attestedBy(release, artifacts, other)
    const layer = { mediaType: envelope.mediaType, digest: '', size: envelope.bytes.length }
    const manifest = await attestArtifact({ artifacts }, other, attestation, async () => envelope, {
      publicKey: release.signer.key.publicKey,
    })
    const stored = await readManifest(artifacts, manifest.attestation)
    const digest = stored.kind === 'image' ? stored.layers[0]!.digest : ''
    await attachDocument(artifacts, image, {
      artifactType: envelope.mediaType,
      layers: [{ ...layer, digest }],
    })
    expect((await judge()).attestations?.judged).toMatchObject([
      { verdict: 'notVerified', reason: { code: 'TAMPERED', why: expect.stringContaining('is not about') } },
    ])
  })

  it('demands each type that is named, and stops once all are there', async () => {
    await attestedBy(release, artifacts, image)
    const both = [predicateTypes.slsa, predicateTypes.spdx]
    const half = await judge(acme(), both)
    expect(half).toMatchObject({ verdict: 'denied', attestations: { met: [predicateTypes.slsa] } })
    expect(half.reason?.why).toMatch(/attests spdx \(/)
    await attestedBy(release, artifacts, image, { type: 'spdx', predicate: { spdxVersion: 'SPDX-2.3' } })
    expect((await judge(acme(), both)).verdict).toBe('verified')
  })

  it('trusts nobody to attest anything where the statement skips verification', async () => {
    await attestedBy(release, artifacts, image)
    const skip = acme({ signatureVerification: { level: 'skip' }, trustStores: [], trustedIdentities: [] })
    expect((await judge(skip, [])).verdict).toBe('skipped')
    expect(await judge(skip)).toMatchObject({ verdict: 'denied', reason: { code: 'ATTESTATION' } })
  })

  it('logs at level audit what it would refuse at level strict, but never a signature that does not hold', async () => {
    await attestedBy(stranger, artifacts, image, { chain: true })
    const audit = acme({ signatureVerification: { level: 'audit' } })
    const { attestations } = await judge(audit)
    expect(attestations?.judged[0]?.checks).toContainEqual(
      expect.objectContaining({ check: 'authenticity', outcome: 'logged' }),
    )
    expect(attestations?.met).toEqual([predicateTypes.slsa])
  })

  it('goes on past what cannot be read, and is unknown beyond the limit', async () => {
    for (const at of [1, 2, 3]) {
      await attachDocument(artifacts, image, {
        artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
        annotations: { at: String(at), 'dev.sigstore.bundle.predicateType': predicateTypes.slsa },
        layers: [await badLayer()],
      })
    }
    const broken = await judge()
    expect(broken.verdict).toBe('denied')
    expect(broken.attestations?.judged.map(({ reason }) => reason?.code)).toEqual(Array(3).fill('MALFORMED'))
    const limited = await judge(acme(), [predicateTypes.slsa], { maxSignatures: 2 })
    expect(limited).toMatchObject({ verdict: 'unknown', reason: { code: 'LIMIT' } })
    await attestedBy(release, artifacts, image)
    expect((await judge()).verdict).toBe('verified')
  })
})

async function badLayer(): Promise<Descriptor> {
  const bytes = Buffer.from('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}')
  const digest = `sha256:${Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')}`
  const layer = { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', digest, size: bytes.length }
  await artifacts.push(layer, bytes)
  return layer
}
