import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { type Evidence, seal } from '@sealwright/core'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import { type SignatureBinding, signArtifact, type Trust, trustDirectory } from '@sealwright/notary'
import { type Certificate, encodeCertificates, type IssueOptions, ocspRequest } from '@sealwright/x509'
import {
  crlOf,
  type ListedCertificates,
  type OcspAnswer,
  ocspResponse,
  type TokenOptions,
  tokenOver,
} from '../../packages/notary/test/authorities.ts'
import { DAY, makeParty, type Party } from '../../packages/notary/test/party.ts'
import { type Notation, notationHome, type TrustPolicyStatement } from '../services/notation.ts'
import type { Skips } from '../services/tool.ts'
import { inLayout, type LayoutPlace } from './places.ts'

/** What situations are made of: who signed, what the CA says of the certificate, and who vouches for the time. */

const now = Date.now()
/** To the second, as certificates have it. */
const at = (days: number): Date => new Date(Math.floor((now + days * DAY) / 1000) * 1000)

type Validity = Pick<IssueOptions, 'notBefore' | 'notAfter'>
const LASTING: Validity = { notBefore: at(-3650), notAfter: at(3650) }
const CURRENT: Validity = { notBefore: at(-365), notAfter: at(365) }
const EXPIRED: Validity = { notBefore: at(-365), notAfter: at(-2) }

/** The validity of leaf, intermediate and root. A signature is made within all of them. */
const CHAINS = {
  valid: [CURRENT, LASTING, LASTING],
  'leaf expired': [EXPIRED, LASTING, LASTING],
  'leaf not yet valid': [{ notBefore: at(2), notAfter: at(365) }, LASTING, LASTING],
  'intermediate expired': [CURRENT, EXPIRED, LASTING],
  'root expired': [CURRENT, LASTING, EXPIRED],
  'not trusted': [CURRENT, LASTING, LASTING],
} as const satisfies Readonly<Record<string, readonly [Validity, Validity, Validity]>>

interface Issued {
  readonly certificate: Certificate
  readonly issuer: Party
}

/** What the sources answer that a certificate names; it names those that are here. `undefined` is status 503. */
interface Answers {
  readonly ocsp?: (issued: Issued, request: Uint8Array) => Promise<Uint8Array | undefined>
  readonly crl?: (issued: Issued) => Promise<Uint8Array | undefined>
}

const TODAY = { thisUpdate: at(-0.1), nextUpdate: at(1) }
const PAST = { thisUpdate: at(-3), nextUpdate: at(-1) }
const FUTURE = { thisUpdate: at(0.5), nextUpdate: at(1) }

const ocsp =
  (answer: OcspAnswer = {}): NonNullable<Answers['ocsp']> =>
  ({ issuer }, request) =>
    ocspResponse(issuer, request, { ...TODAY, revokedAt: at(-1), ...answer })

const crl =
  (entry?: Omit<NonNullable<ListedCertificates['revoked']>[number], 'serialNumber'>, listed = TODAY) =>
  ({ issuer, certificate: { serialNumber } }: Issued): Promise<Uint8Array> =>
    crlOf(issuer, { ...listed, revoked: entry ? [{ serialNumber, revokedAt: at(-1), ...entry }] : [] })

const down = async (): Promise<undefined> => undefined

const REVOCATIONS = {
  'no source': {},
  'OCSP good': { ocsp: ocsp() },
  'OCSP revoked': { ocsp: ocsp({ status: 'revoked' }) },
  'OCSP unknown': { ocsp: ocsp({ status: 'unknown' }) },
  'OCSP down': { ocsp: down },
  'OCSP expired': { ocsp: ocsp(PAST) },
  'OCSP from the future': { ocsp: ocsp(FUTURE) },
  'OCSP by a delegate for code signing': {
    ocsp: async ({ issuer }, request) => {
      const responder = await issuedBy(issuer, 'responder', CURRENT)
      return ocspResponse(responder, request, { ...TODAY, certificate: responder.chain[0]! })
    },
  },
  'OCSP about another certificate': {
    ocsp: async ({ issuer }) => {
      const other = await issuedBy(issuer, 'other', CURRENT)
      const request = ocspRequest({ certificate: other.chain[0]!, issuer: issuer.chain[0]! })
      return ocspResponse(issuer, request, TODAY)
    },
  },
  'OCSP unknown, CRL good': { ocsp: ocsp({ status: 'unknown' }), crl: crl() },
  'OCSP unknown, CRL revoked': { ocsp: ocsp({ status: 'unknown' }), crl: crl({}) },
  'OCSP down, CRL good': { ocsp: down, crl: crl() },
  'OCSP down, CRL revoked': { ocsp: down, crl: crl({}) },
  'OCSP good, CRL good': { ocsp: ocsp(), crl: crl() },
  'OCSP good, CRL revoked': { ocsp: ocsp(), crl: crl({}) },
  'OCSP revoked, CRL good': { ocsp: ocsp({ status: 'revoked' }), crl: crl() },
  'CRL good': { crl: crl() },
  'CRL revoked': { crl: crl({}) },
  'CRL with a hold': { crl: crl({ reason: 'certificateHold' }) },
  'CRL revoked since yesterday': { crl: crl({ invalidityDate: at(-1) }) },
  'CRL expired': { crl: crl(undefined, PAST) },
  'CRL from the future': { crl: crl(undefined, FUTURE) },
  'CRL down': { crl: down },
  'CRL of another CA': { crl: async () => crlOf(await root('Other', LASTING), TODAY) },
} as const satisfies Readonly<Record<string, Answers>>

/** When the signature says it was made and ends, and by whose clock. */
const TIMES = {
  plain: { signingTime: at(-5) },
  'with an expiry': { signingTime: at(-5), expiry: at(5) },
  'signature expired': { signingTime: at(-5), expiry: at(-1) },
  'by a signing authority': {
    signingScheme: 'notary.x509.signingAuthority',
    signingTime: at(-5),
  },
  'by a signing authority, expired': {
    signingScheme: 'notary.x509.signingAuthority',
    signingTime: at(-5),
    expiry: at(-1),
  },
} as const

/** A token, and by whom: the name of an authority of the world. */
interface Stamping {
  readonly by: 'good' | 'stranger' | 'expired' | 'revoked' | 'unknown' | 'checked' | 'codeSigning'
  readonly token?: TokenOptions
  /** Of another message. */
  readonly astray?: true
  readonly garbled?: true
}

const then = { genTime: at(-5) }
const TIMESTAMPS = {
  'no timestamp': undefined,
  timestamp: { by: 'good', token: then },
  'timestamp with an accuracy': { by: 'good', token: { ...then, accuracySeconds: 30 } },
  'timestamp after the expiry': { by: 'good', token: { genTime: at(-1) } },
  'timestamp at the last second, one more or less': {
    by: 'good',
    token: { genTime: at(-2), accuracySeconds: 1 },
  },
  'timestamp before the validity': { by: 'good', token: { genTime: at(-500) } },
  'timestamp from the future': { by: 'good', token: { genTime: at(3) } },
  'timestamp by a stranger': { by: 'stranger', token: then },
  'timestamp by an authority that expired since': { by: 'expired', token: then },
  'timestamp by an authority after its expiry': { by: 'expired', token: { genTime: at(-1) } },
  'timestamp by an authority that was not revoked': { by: 'checked', token: then },
  'timestamp by an authority that was revoked': { by: 'revoked', token: then },
  'timestamp by an authority nobody knows of': { by: 'unknown', token: then },
  'timestamp by a certificate for code signing': { by: 'codeSigning', token: then },
  'timestamp of another signature': { by: 'good', token: then, astray: true },
  'timestamp with a changed byte': { by: 'good', token: then, garbled: true },
} as const satisfies Readonly<Record<string, Stamping | undefined>>

export interface Situation {
  readonly chain: keyof typeof CHAINS
  readonly revocation: keyof typeof REVOCATIONS
  readonly time: keyof typeof TIMES
  readonly timestamp: keyof typeof TIMESTAMPS
}

const keys = <Key extends string>(record: Readonly<Record<Key, unknown>>): readonly Key[] =>
  Object.keys(record) as Key[]

const PLAIN = { chain: 'valid', revocation: 'no source', time: 'plain', timestamp: 'no timestamp' } as const

/**
 * Every chain with every timestamp; every answer about revocation with and without a timestamp, after the expiry, and by a
 * signing authority; every time with good and bad chains. A timestamp goes with `notary.x509` only.
 */
export const SITUATIONS: readonly Situation[] = unique([
  ...keys(CHAINS).flatMap(chain => keys(TIMESTAMPS).map(timestamp => ({ ...PLAIN, chain, timestamp }))),
  ...keys(REVOCATIONS).flatMap((revocation): Situation[] => [
    { ...PLAIN, revocation },
    { ...PLAIN, revocation, timestamp: 'timestamp' },
    { ...PLAIN, revocation, timestamp: 'timestamp', chain: 'leaf expired' },
    { ...PLAIN, revocation, time: 'by a signing authority' },
  ]),
  ...keys(TIMES).flatMap((time): Situation[] => [
    { ...PLAIN, time },
    { ...PLAIN, time, chain: 'leaf expired' },
    { ...PLAIN, time, chain: 'not trusted' },
    { ...PLAIN, time, revocation: 'OCSP revoked' },
    ...('signingScheme' in TIMES[time]
      ? []
      : [
          { ...PLAIN, time, timestamp: 'timestamp' } as const,
          { ...PLAIN, time, timestamp: 'timestamp', chain: 'leaf expired' } as const,
        ]),
  ]),
])

function unique(situations: readonly Situation[]): readonly Situation[] {
  return [...new Map(situations.map(each => [titleOf(each), each])).values()]
}

export function titleOf({ chain, revocation, time, timestamp }: Situation): string {
  return `${chain}; ${revocation}; ${time}; ${timestamp}`
}

/** A root of trust for signers, or for timestamps. */
function root(organisation: string, validity: Validity): Promise<Party> {
  const subject = `C=DE,ST=Hessen,O=${organisation},CN=root`
  return makeParty({ organisation, certificate: { ca: true, subject, ...validity } })
}

function issuedBy(
  authority: Party,
  name: string,
  certificate: Validity & Partial<IssueOptions>,
): Promise<Party> {
  const subject = `C=DE,ST=Hessen,O=Acme,CN=${name}`
  const issuer = authority.chain[0]!
  return makeParty({ organisation: 'Acme', authority, certificate: { subject, issuer, ...certificate } })
}

interface World extends AsyncDisposable {
  /** Certificates of the trust stores `ca:acme` and `signingAuthority:acme`, and of `tsa:time`. */
  readonly roots: { readonly acme: readonly Certificate[]; readonly time: readonly Certificate[] }
  /** Whoever signs in a situation, and what the signature says. */
  signer(situation: Situation): Promise<{ readonly party: Party; readonly attributes: NotaryAttributes }>
  /** The token that a situation puts beside a signature. */
  token(situation: Situation, signature: Uint8Array): Promise<Uint8Array | undefined>
  /** From now on, whoever is asked about revocation is down. */
  silence(): void
}

/** Certificate and timestamp authorities, and a server on loopback where they answer for revocation. */
async function makeWorld(): Promise<World> {
  const responders = new Map<string, (request: Uint8Array) => Promise<Uint8Array | undefined>>()
  const server = createServer((request, response) => {
    answer(request, response).catch(error => response.writeHead(500).end(String(error)))
  })
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, name = '', ...rest] = (request.url ?? '').split('/')
    const body = Buffer.concat(await request.toArray())
    const asked = request.method === 'POST' ? body : Buffer.from(decodeURIComponent(rest.join('/')), 'base64')
    const said = await responders.get(name)?.(asked)
    if (said === undefined) response.writeHead(503).end()
    else response.end(said)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const origin = `http://127.0.0.1:${address.port}`

  /** A certificate that names the sources of these answers. */
  const revocable = async (
    issuer: Party,
    { ocsp: byOcsp, crl: byCrl }: Answers,
    issue: (urls: Pick<IssueOptions, 'ocspUrls' | 'crlUrls'>) => Promise<Party>,
  ): Promise<Party> => {
    const name = String(responders.size)
    const urls = {
      ...(byOcsp && { ocspUrls: [`${origin}/ocsp${name}`] }),
      ...(byCrl && { crlUrls: [`${origin}/crl${name}`] }),
    }
    const party = await issue(urls)
    const issued = { certificate: party.chain[0]!, issuer }
    responders.set(`ocsp${name}`, async request => byOcsp?.(issued, request))
    responders.set(`crl${name}`, async () => byCrl?.(issued))
    return party
  }

  const roots = {
    acme: await root('Acme', LASTING),
    expired: await root('Expired', EXPIRED),
    foreign: await root('Foreign', LASTING),
    time: await root('Time', LASTING),
    stranger: await root('Stranger', LASTING),
  }
  const intermediates = new Map<Situation['chain'], Party>()
  for (const chain of keys(CHAINS)) {
    const above =
      chain === 'root expired' ? roots.expired : chain === 'not trusted' ? roots.foreign : roots.acme
    intermediates.set(chain, await issuedBy(above, 'intermediate', { ca: true, ...CHAINS[chain][1] }))
  }
  const timing = (by: Party, more: Partial<IssueOptions> = {}): Promise<Party> =>
    issuedBy(by, 'tsa', { purpose: 'timestamping', ...LASTING, ...more })
  const checkedBy = (answers: Answers): Promise<Party> =>
    revocable(roots.time, answers, urls => timing(roots.time, urls))
  const authorities: Readonly<Record<Stamping['by'], Party>> = {
    good: await timing(roots.time),
    stranger: await timing(roots.stranger),
    expired: await timing(roots.time, EXPIRED),
    codeSigning: await timing(roots.time, { purpose: 'codeSigning' }),
    checked: await checkedBy(REVOCATIONS['CRL good']),
    revoked: await checkedBy(REVOCATIONS['OCSP revoked']),
    unknown: await checkedBy(REVOCATIONS['CRL down']),
  }
  return {
    roots: {
      acme: [roots.acme.root, roots.expired.root],
      time: [roots.time.root],
    },
    signer: async ({ chain, revocation, time }) => {
      const issuer = intermediates.get(chain)!
      const validity = CHAINS[chain][0]
      const party = await revocable(issuer, REVOCATIONS[revocation], urls =>
        issuedBy(issuer, 'release', { ...validity, ...urls }),
      )
      const early = TIMES[time].signingTime < validity.notBefore
      return { party, attributes: { ...TIMES[time], ...(early && { signingTime: at(3) }) } }
    },
    token: async ({ timestamp }, signature) => {
      const stamping: Stamping | undefined = TIMESTAMPS[timestamp]
      if (stamping === undefined) return undefined
      const { by, token, astray, garbled } = stamping
      const message = astray ? Buffer.from('another signature') : signature
      const bytes = Uint8Array.from(await tokenOver(authorities[by], message, token))
      if (garbled) bytes[bytes.length - 1]! ^= 1
      return bytes
    },
    silence: () => responders.clear(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What notation and we trust in common, the certificates of a world: one policy for each scope `local/<name>`. */
interface Trusting extends World {
  readonly notation: Notation
  readonly trust: Trust
}

/** The test is skipped where notation is missing. */
export async function trustWorld(
  context: Skips,
  policies: Readonly<Record<string, Verification>>,
): Promise<Trusting> {
  const notation = await notationHome(context)
  const world = await makeWorld()
  const { acme, time } = world.roots
  for (const [store, certificates] of Object.entries({ ca: acme, signingAuthority: acme, tsa: time })) {
    const directory = join(notation.config, 'truststore', 'x509', store, 'acme')
    await mkdir(directory, { recursive: true })
    for (const [index, certificate] of certificates.entries())
      await writeFile(join(directory, `${index}.crt`), encodeCertificates([certificate]))
  }
  await notation.writePolicy(
    ...Object.entries(policies).map(([name, { timestamps = true, ...signatureVerification }]) => ({
      name,
      registryScopes: [`local/${name}`],
      signatureVerification,
      trustStores: ['ca:acme', 'signingAuthority:acme', ...(timestamps ? ['tsa:acme'] : [])],
      trustedIdentities: ['*'],
    })),
  )
  return { ...world, notation, trust: await trustDirectory(notation.config) }
}

/** What a policy asks for. */
export type Verification = TrustPolicyStatement['signatureVerification'] & {
  /** Whether it trusts a timestamp authority. Default true. */
  readonly timestamps?: boolean
}

/** An image that is signed as a situation has it, in a layout of its own. */
export async function signIn(
  { signer, token }: World,
  situation: Situation,
  binding: SignatureBinding,
  /** What is stapled besides. */
  staple: (chain: readonly Certificate[], signature: Uint8Array) => Promise<Evidence['stapled']> = async () =>
    undefined,
): Promise<LayoutPlace> {
  const place = await inLayout()
  const { party, attributes } = await signer(situation)
  await signArtifact(place, place.image.digest, binding, content =>
    seal(binding.envelope, content, party.signer, {
      attributes,
      certificates: party.chain.map(({ der }) => der),
      countersign: async ({ bytes }) => {
        const made = await token(situation, bytes)
        return {
          ...(made === undefined ? {} : { timestamps: [made] }),
          stapled: await staple(party.chain, bytes),
        }
      },
    }),
  )
  return place
}
