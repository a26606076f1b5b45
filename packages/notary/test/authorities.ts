import { createHash, randomBytes } from 'node:crypto'
import { algorithms } from '@sealwright/core'
import { type DerValue, der, derSequence, ecdsaToDer, readDer } from '@sealwright/core/encoding'
import { type Certificate, type CrlEntry, issueCrl, parseCertificate } from '@sealwright/x509'
import { DAY, makeParty, NOW, type Party } from './party.ts'

const OID = {
  sha256: '2.16.840.1.101.3.4.2.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  basicOcsp: '1.3.6.1.5.5.7.48.1.1',
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
}
const SHA256 = der.sequence(der.oid(OID.sha256))
export interface OcspAnswer {
  /** Default `good`. */
  readonly status?: 'good' | 'revoked' | 'unknown'
  readonly revokedAt?: Date
  /** Default an hour before {@link NOW}. */
  readonly thisUpdate?: Date
  /** Default a day after {@link NOW}. */
  readonly nextUpdate?: Date
  /** How long ago a certificate may have expired for the answer to cover it. */
  readonly archiveCutoff?: Date
  /** Sent with the response, as delegated responders do. */
  readonly certificate?: Certificate
}

/** Answers an OCSP request as an authority with a P-256 key does. */
export async function ocspResponse(
  authority: Party,
  request: Uint8Array,
  answer: OcspAnswer = {},
): Promise<Uint8Array> {
  const { status = 'good', revokedAt = NOW } = answer
  const { thisUpdate = hour(-1), nextUpdate = new Date(NOW.getTime() + DAY) } = answer
  const certId = first(first(first(first(readDer(request, 'request')))))
  const said = {
    good: der.implicit(0, der.nul()),
    revoked: der.implicit(1, der.sequence(der.generalizedTime(revokedAt))),
    unknown: der.implicit(2, der.nul()),
  }[status]
  const single = der.sequence(
    certId.bytes,
    said,
    der.generalizedTime(thisUpdate),
    der.explicit(0, der.generalizedTime(nextUpdate)),
    ...(answer.archiveCutoff === undefined
      ? []
      : [
          der.explicit(
            1,
            der.sequence(
              der.sequence(
                der.oid('1.3.6.1.5.5.7.48.1.6'),
                der.octetString(der.generalizedTime(answer.archiveCutoff)),
              ),
            ),
          ),
        ]),
  )
  const data = der.sequence(
    der.explicit(1, authority.chain[0]!.rawSubject),
    der.generalizedTime(thisUpdate),
    der.sequence(single),
  )
  const { certificate } = answer
  const sent = certificate === undefined ? [] : [der.explicit(0, der.sequence(certificate.der))]
  const basic = der.sequence(data, ECDSA, der.bitString(await signed(authority, data)), ...sent)
  const bytes = der.sequence(der.oid(OID.basicOcsp), der.octetString(basic))
  return der.sequence(der.raw(Uint8Array.of(0x0a, 1, 0)), der.explicit(0, bytes))
}

/** A responder that an authority delegates to, whose certificate names a CRL. */
export async function delegatedResponder(authority: Party, crlUrl: string): Promise<Party> {
  const { signer, chain } = await makeParty({
    organisation: 'Responder',
    authority,
    certificate: { crlUrls: [crlUrl] },
  })
  const [issued] = derSequence(readDer(chain[0]!.der, 'certificate'), 'certificate')
  const toBeSigned = Buffer.from(issued!.bytes)
  // id-kp-codeSigning becomes id-kp-OCSPSigning.
  const purpose = toBeSigned.indexOf('2b06010505070303', 'hex')
  toBeSigned[purpose + 7] = 9
  const signature = der.bitString(await signed(authority, toBeSigned))
  const certificate = parseCertificate(der.sequence(toBeSigned, ECDSA, signature))
  return { signer, chain: [certificate, ...authority.chain], root: authority.root }
}

export interface ListedCertificates {
  /** `revokedAt` is by default two hours before {@link NOW}. */
  readonly revoked?: readonly (Pick<CrlEntry, 'serialNumber'> & Partial<CrlEntry>)[]
  readonly thisUpdate?: Date
  readonly nextUpdate?: Date
  readonly number?: bigint
  readonly baseNumber?: bigint
  readonly freshestCrlUrls?: readonly string[]
}

/** A CRL of an authority, empty unless told otherwise. */
export async function crlOf(authority: Party, listed: ListedCertificates = {}): Promise<Uint8Array> {
  const { revoked = [], number = 1n, thisUpdate = hour(-1), baseNumber, freshestCrlUrls } = listed
  const { nextUpdate = new Date(NOW.getTime() + DAY) } = listed
  const crl = await issueCrl({
    signer: authority.signer,
    issuer: authority.chain[0]!,
    number,
    baseNumber,
    freshestCrlUrls,
    thisUpdate,
    nextUpdate,
    revoked: revoked.map(
      ({ serialNumber, revokedAt = hour(-2), reason = 'unspecified', invalidityDate }) => ({
        serialNumber,
        revokedAt,
        reason,
        invalidityDate,
      }),
    ),
  })
  return crl.der
}

export interface TokenOptions {
  /** Default {@link NOW}. */
  readonly genTime?: Date
  readonly accuracySeconds?: number
}

/** Answers a timestamp query as an authority with a P-256 key does. */
export async function timestampResponse(
  authority: Party,
  query: Uint8Array,
  options: TokenOptions = {},
): Promise<Uint8Array> {
  const [, imprint, ...rest] = derSequence(readDer(query, 'query'), 'query')
  const nonce = rest.find(({ tag }) => tag === 0x02)
  const token = await timestampToken(authority, imprint!.bytes, nonce?.bytes, options)
  return der.sequence(der.sequence(der.integer(0)), token)
}

/** A time-stamp authority with a long life of its own. */
export async function timestamper(certificate: object = {}): Promise<{ root: Party; signer: Party }> {
  const lasting = { notAfter: new Date(NOW.getTime() + 3650 * DAY) }
  const root = await makeParty({
    organisation: 'Time',
    certificate: { ca: true, subject: 'C=DE,ST=Hessen,O=Time,CN=root', ...lasting },
  })
  const signer = await makeParty({
    organisation: 'Time',
    authority: root,
    certificate: {
      purpose: 'timestamping',
      subject: 'C=DE,ST=Hessen,O=Time,CN=tsa',
      ...lasting,
      ...certificate,
    },
  })
  return { root, signer }
}

/** A token over a message, by an authority with a P-256 key. */
export function tokenOver(
  authority: Party,
  message: Uint8Array,
  options: TokenOptions = {},
): Promise<Uint8Array> {
  const imprint = der.sequence(SHA256, der.octetString(digest(message)))
  return timestampToken(authority, imprint, undefined, options)
}

async function timestampToken(
  authority: Party,
  imprint: Uint8Array,
  nonce: Uint8Array | undefined,
  { genTime = NOW, accuracySeconds }: TokenOptions,
): Promise<Uint8Array> {
  const [leaf] = authority.chain
  const info = der.sequence(
    der.integer(1),
    der.oid('1.2.3.4'),
    imprint,
    der.integer(randomBytes(8).fill(1, 0, 1)),
    der.generalizedTime(genTime),
    ...(accuracySeconds === undefined ? [] : [der.sequence(der.integer(accuracySeconds))]),
    ...(nonce === undefined ? [] : [nonce]),
  )
  const attributes = der.set(
    attribute(OID.contentType, der.oid(OID.tstInfo)),
    attribute(OID.messageDigest, der.octetString(digest(info))),
    attribute(
      OID.signingCertificateV2,
      der.sequence(der.sequence(der.sequence(der.octetString(digest(leaf!.der))))),
    ),
  )
  const serial = der.integer(Buffer.from(leaf!.serialNumber, 'hex'))
  const signerInfo = der.sequence(
    der.integer(1),
    der.sequence(leaf!.rawIssuer, serial),
    SHA256,
    der.implicit(0, attributes),
    ECDSA,
    der.octetString(await signed(authority, attributes)),
  )
  const certificates = der.implicit(0, der.set(...authority.chain.map(certificate => certificate.der)))
  const data = der.sequence(
    der.integer(3),
    der.set(SHA256),
    der.sequence(der.oid(OID.tstInfo), der.explicit(0, der.octetString(info))),
    certificates,
    der.set(signerInfo),
  )
  return der.sequence(der.oid(OID.signedData), der.explicit(0, data))
}

const ECDSA = der.sequence(der.oid(OID.ecdsaWithSha256))

/** Of a P-256 key, in DER. */
async function signed({ signer }: Party, message: Uint8Array): Promise<Uint8Array> {
  if (signer.algorithm.id !== algorithms.ES256.id) throw new Error('authorities here have P-256 keys')
  return ecdsaToDer((await signer.sign(message)).bytes)
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return der.sequence(der.oid(oid), der.set(value))
}

function digest(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function first(value: DerValue): DerValue {
  return derSequence(value, 'request')[0]!
}

function hour(count: number): Date {
  return new Date(NOW.getTime() + count * 3_600_000)
}

type Answer = Uint8Array | undefined | Promise<Uint8Array | undefined>

export interface FakeHost {
  readonly fetch: typeof globalThis.fetch
  /** `METHOD URL` of each request, in order. */
  readonly asked: string[]
}

/** A `fetch` to hosts that do not exist: by URL, an OCSP URL also with a request behind it. What is not there answers 404. */
export function hosts(
  answers: Readonly<Record<string, (body: Uint8Array, signal: AbortSignal) => Answer>>,
): FakeHost {
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = async (input, init = {}) => {
    const url = String(input)
    asked.push(`${init.method} ${url}`)
    const name = Object.keys(answers).find(key => url === key || url.startsWith(`${key.replace(/\/$/, '')}/`))
    const body = init.body
      ? new Uint8Array(init.body as Uint8Array)
      : Buffer.from(decodeURIComponent(url.slice((name ?? '').replace(/\/$/, '').length + 1)), 'base64')
    const answer = name === undefined ? undefined : await answers[name]!(body, init.signal!)
    return answer === undefined
      ? new Response(null, { status: 404 })
      : new Response(new Uint8Array(answer), { status: 200 })
  }
  return { fetch, asked }
}
