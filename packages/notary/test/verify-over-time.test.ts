import { type Envelope, seal } from '@sealwright/core'
import { ocspRequest } from '@sealwright/x509'
import { describe, expect, it } from 'vitest'
import {
  type ArtifactOptions,
  createVerifier,
  notaryCose,
  notaryJws,
  type Report,
  type RevocationOptions,
  type SignatureBinding,
  signArtifact,
  type Trust,
} from '../src/index.ts'
import { crlOf, hosts, ocspResponse, type TokenOptions, timestamper, tokenOver } from './authorities.ts'
import { imageStore } from './image.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party, sealedBy } from './party.ts'
import { trustOf } from './trust.ts'

const OCSP = 'http://ocsp.example'
const CRL = 'http://crl.example/ca.crl'
const TSA_CRL = 'http://crl.example/tsa.crl'

async function authority(certificate: object) {
  const root = await makeAuthority('Acme')
  return { root, signer: await makeParty({ organisation: 'Acme', authority: root, certificate }) }
}

interface Signing {
  readonly binding?: SignatureBinding
  readonly tsa?: Party
  readonly token?: TokenOptions
  /** Stapled, besides. */
  readonly staple?: { ocsp?: Uint8Array[]; crls?: Uint8Array[]; by?: Party }
}

async function signed(signer: Party, { binding = notaryJws, tsa, token, staple }: Signing = {}) {
  const { artifacts } = await imageStore()
  await signArtifact({ artifacts }, 'v1', binding, content =>
    seal(binding.envelope, content, signer.signer, {
      attributes: { signingTime: NOW },
      certificates: signer.chain.map(({ der }) => der),
      countersign: async ({ bytes }) => ({
        ...(tsa === undefined ? {} : { timestamps: [await tokenOver(tsa, bytes, token)] }),
        stapled: {
          ocsp: staple?.ocsp,
          crls: staple?.crls,
          timestamps: staple?.by && [await tokenOver(staple.by, binding.envelope.stapledMessage(bytes))],
        },
      }),
    }),
  )
  return artifacts
}

interface Judging extends ArtifactOptions {
  readonly clock?: Date
  readonly revocation?: RevocationOptions
}

async function verify(
  artifacts: Awaited<ReturnType<typeof signed>>,
  trust: Trust,
  { clock = NOW, revocation, ...options }: Judging = {},
): Promise<Report> {
  const verifier = await createVerifier({ trust, clock: () => clock, revocation })
  return verifier.verify({ artifacts, reference: 'v1' }, options)
}

const outcome = ({ signatures }: Report, check: string) =>
  signatures[0]!.checks.find(found => found.check === check)?.outcome

describe('revocation', () => {
  const trust = (root: Party, level: 'strict' | 'permissive' | 'audit' = 'strict', override = {}) =>
    trustOf({
      statement: { signatureVerification: { level, override } },
      stores: { 'ca:acme': [root.root] },
    })

  it('is reported with the statement that says so', async () => {
    const { root, signer } = await authority({ ocspUrls: [OCSP] })
    const { fetch } = hosts({ [OCSP]: body => ocspResponse(root, body) })
    const report = await verify(await signed(signer), trust(root), { revocation: { fetch } })
    expect(report.verdict).toBe('verified')
    expect(report.signatures[0]!.revocation).toEqual([
      {
        subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
        fingerprint: signer.chain[0]!.fingerprint,
        status: 'good',
        source: 'ocsp',
        origin: 'network',
        url: OCSP,
        thisUpdate: '2026-06-01T11:00:00Z',
        nextUpdate: '2026-06-02T12:00:00Z',
        statement: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ])
  })

  it.each([
    ['strict', {}, 'notVerified', 'failed'],
    ['permissive', {}, 'verified', 'logged'],
    ['audit', {}, 'verified', 'logged'],
    ['strict', { revocation: 'log' }, 'verified', 'logged'],
    ['strict', { revocation: 'skip' }, 'verified', 'skipped'],
    ['permissive', { revocation: 'enforce' }, 'notVerified', 'failed'],
  ] as const)('that failed counts as level %s with %o says', async (level, override, verdict, said) => {
    const { root, signer } = await authority({ crlUrls: [CRL] })
    const { fetch } = hosts({ [CRL]: () => crlOf(root, { revoked: [signer.chain[0]!] }) })
    const report = await verify(await signed(signer), trust(root, level, override), { revocation: { fetch } })
    expect([report.verdict, outcome(report, 'revocation')]).toEqual([verdict, said])
    if (said === 'failed') expect(report.reason).toMatchObject({ code: 'REVOCATION' })
  })

  it('that cannot be found out is unknown, and names what was tried', async () => {
    const { root, signer } = await authority({ ocspUrls: [OCSP] })
    for (const revocation of [{ fetch: hosts({}).fetch }, {}]) {
      const report = await verify(await signed(signer), trust(root), { revocation })
      expect([report.verdict, report.reason?.code]).toEqual(['unknown', 'REVOCATION'])
      expect(report.reason!.why).toContain(OCSP)
    }
  })

  it('of one signature hides no other that is good', async () => {
    const { root, signer } = await authority({ ocspUrls: [OCSP] })
    const plain = await makeParty({ organisation: 'Acme', authority: root })
    const artifacts = await signed(signer)
    await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(plain))
    const { fetch } = hosts({ [OCSP]: () => new Promise(() => {}) })
    const options = { revocation: { fetch, ocspTimeoutMs: 50 }, timeoutMs: 60_000, all: true }
    const report = await verify(artifacts, trust(root), options)
    expect(report.verdict).toBe('verified')
    expect(report.signatures.map(({ verdict }) => verdict).toSorted()).toEqual(['unknown', 'verified'])
  })

  it('asks nobody about a signer who is not trusted', async () => {
    const { signer } = await authority({ ocspUrls: [OCSP] })
    const { fetch, asked } = hosts({})
    const report = await verify(await signed(signer), trust(await makeAuthority('Other')), {
      revocation: { fetch },
    })
    expect([report.verdict, asked]).toEqual(['notVerified', []])
  })

  it.each([notaryJws, notaryCose])('is found out offline by what is stapled to a $name', async binding => {
    const { root, signer } = await authority({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const request = ocspRequest({ certificate: signer.chain[0]!, issuer: root.root })
    const { fetch, asked } = hosts({})
    for (const staple of [{ ocsp: [await ocspResponse(root, request)] }, { crls: [await crlOf(root)] }]) {
      const artifacts = await signed(signer, { binding, staple })
      const report = await verify(artifacts, trust(root), { revocation: { fetch }, offline: true })
      expect([report.verdict, report.signatures[0]!.revocation![0]!.origin]).toEqual(['verified', 'carried'])
      expect(asked).toEqual([])
      const later = new Date(NOW.getTime() + 3 * DAY)
      expect((await verify(artifacts, trust(root), { offline: true, clock: later })).verdict).toBe('unknown')
    }
  })

  it('of a signature is judged as of the time that is given', async () => {
    const { root, signer } = await authority({ crlUrls: [CRL] })
    const revoked = [{ ...signer.chain[0]!, revokedAt: new Date(NOW.getTime() - DAY) }]
    const { fetch } = hosts({ [CRL]: () => crlOf(root, { revoked }) })
    const at = new Date(NOW.getTime() - 2 * DAY)
    expect((await verify(await signed(signer), trust(root), { revocation: { fetch }, at })).verdict).toBe(
      'verified',
    )
  })
})

describe('a timestamp', () => {
  const EXPIRED = new Date(NOW.getTime() + 365 * DAY)

  const trust = (root: Party, tsa: Party, verifyTimestamp?: 'always' | 'afterCertExpiry') =>
    trustOf({
      statement: {
        trustStores: ['ca:acme', 'tsa:time'],
        signatureVerification: { level: 'strict', ...(verifyTimestamp && { verifyTimestamp }) },
      },
      stores: { 'ca:acme': [root.root], 'tsa:time': [tsa.root] },
    })

  it.each([notaryJws, notaryCose])('lets a $name outlive its certificate, and is reported', async binding => {
    const { root, signer } = await authority({})
    const tsa = await timestamper()
    const artifacts = await signed(signer, { binding, tsa: tsa.signer, token: { accuracySeconds: 1 } })
    for (const option of ['always', 'afterCertExpiry'] as const) {
      const report = await verify(artifacts, trust(root, tsa.root, option), { clock: EXPIRED })
      expect(report.verdict, report.reason?.why).toBe('verified')
      expect(
        report.signatures[0]!.checks.find(({ check }) => check === 'authenticTimestamp')?.detail,
      ).toContain(
        'when every certificate was valid; certificate CN=release,O=Acme,ST=Hessen,C=DE has expired since',
      )
      expect(report.signatures[0]).toMatchObject({
        time: { used: '2026-06-01T12:00:00Z', source: 'timestamp' },
        timestamp: {
          time: '2026-06-01T12:00:00.000Z',
          accuracyMs: 1000,
          authority: {
            subject: 'CN=tsa,O=Time,ST=Hessen,C=DE',
            fingerprint: tsa.signer.chain[0]!.fingerprint,
          },
          trustStore: 'tsa:time',
          policy: '1.2.3.4',
          revocation: [{ status: 'notRevocable' }],
        },
      })
    }
  })

  it('is asked for always, or once a certificate has expired', async () => {
    const { root, signer } = await authority({})
    const tsa = await timestamper()
    const artifacts = await signed(signer)
    const verdict = async (option: 'always' | 'afterCertExpiry', clock: Date) => {
      const { verdict: said, reason } = await verify(artifacts, trust(root, tsa.root, option), { clock })
      return [said, reason?.code]
    }
    expect(await verdict('always', NOW)).toEqual(['notVerified', 'TIMESTAMP'])
    expect(await verdict('afterCertExpiry', NOW)).toEqual(['verified', undefined])
    expect(await verdict('afterCertExpiry', EXPIRED)).toEqual(['notVerified', 'TIMESTAMP'])
  })

  it('counts by a trusted authority alone, over this signature alone', async () => {
    const { root, signer } = await authority({})
    const tsa = await timestamper()
    const other = await timestamper()
    const artifacts = await signed(signer, { tsa: other.signer })
    const report = await verify(artifacts, trust(root, tsa.root))
    expect([report.verdict, report.reason?.code]).toEqual(['notVerified', 'TIMESTAMP'])
    const { artifacts: store } = await imageStore()
    const elsewhere = await tokenOver(tsa.signer, Buffer.from('another signature'))
    const sealing = (content: Parameters<ReturnType<typeof sealedBy>>[0]): Promise<Envelope> =>
      seal(notaryJws.envelope, content, signer.signer, {
        attributes: { signingTime: NOW },
        certificates: signer.chain.map(({ der }) => der),
        countersign: async () => ({ timestamps: [elsewhere] }),
      })
    await signArtifact({ artifacts: store }, 'v1', notaryJws, sealing)
    expect((await verify(store, trust(root, tsa.root))).verdict).toBe('notVerified')
  })

  it('must lie within every certificate, with its accuracy', async () => {
    const { root, signer } = await authority({})
    const tsa = await timestamper()
    const { notAfter } = signer.chain[0]!
    const before = new Date(notAfter.getTime() - 1000)
    const at = async (token: TokenOptions) =>
      (
        await verify(await signed(signer, { tsa: tsa.signer, token }), trust(root, tsa.root), {
          clock: EXPIRED,
        })
      ).reason?.code
    expect(await at({ genTime: before })).toBeUndefined()
    expect(await at({ genTime: before, accuracySeconds: 2 })).toBe('EXPIRED')
    expect(await at({ genTime: new Date(notAfter.getTime() + 1000) })).toBe('EXPIRED')
    expect(await at({ genTime: new Date(EXPIRED.getTime() + DAY) })).toBe('TIMESTAMP')
  })

  it('counts if the authority was not revoked, whatever the policy says of revocation', async () => {
    const { root, signer } = await authority({})
    const tsa = await timestamper({ crlUrls: [TSA_CRL] })
    const artifacts = await signed(signer, { tsa: tsa.signer })
    const by = (answers: Parameters<typeof hosts>[0]) =>
      verify(artifacts, trust(root, tsa.root), { revocation: { fetch: hosts(answers).fetch } })
    expect((await by({ [TSA_CRL]: () => crlOf(tsa.root) })).verdict).toBe('verified')
    const revoked = [tsa.signer.chain[0]!]
    expect((await by({ [TSA_CRL]: () => crlOf(tsa.root, { revoked }) })).reason?.code).toBe('TIMESTAMP')
    expect((await by({})).verdict).toBe('unknown')
  })

  it.each([notaryJws, notaryCose])(
    'that is stapled to a $name counts where the first does not',
    async binding => {
      const { root, signer } = await authority({})
      const tsa = await timestamper()
      const other = await timestamper()
      const artifacts = await signed(signer, { binding, tsa: other.signer, staple: { by: tsa.signer } })
      const report = await verify(artifacts, trust(root, tsa.root), { clock: EXPIRED })
      expect(report.verdict, report.reason?.why).toBe('verified')
    },
  )

  it('with a staple of then proves that an expired certificate was not revoked when it signed', async () => {
    const { root, signer } = await authority({ crlUrls: [CRL] })
    const tsa = await timestamper()
    const artifacts = await signed(signer, { tsa: tsa.signer, staple: { crls: [await crlOf(root)] } })
    const report = await verify(artifacts, trust(root, tsa.root), { clock: EXPIRED, offline: true })
    expect(report.verdict, report.reason?.why).toBe('verified')
    expect(report.signatures[0]!.revocation![0]).toMatchObject({
      status: 'good',
      asOf: '2026-06-01T12:00:00Z',
    })
  })
})
