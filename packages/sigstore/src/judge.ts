import { createPublicKey, hash } from 'node:crypto'
import {
  type AlgorithmId,
  fingerprint,
  isSealwrightError,
  keyType,
  type SealwrightError,
} from '@sealwright/core'
import { DER_TAGS, derContents, derSequence, type JsonValue, readDer } from '@sealwright/core/encoding'
import {
  type Certificate,
  checkChain,
  formatDistinguishedName,
  isIssuedBy,
  parseCertificate,
  readTimestampToken,
  verifyTimestampToken,
} from '@sealwright/x509'
import { readBundle, type SigstoreBundle } from './bundle.ts'
import { openDsse } from './bundle-format.ts'
import { holdsUnder } from './dsse-signature.ts'
import { type LibraryRequest, verifyEvidence, verifyIdentity } from './library-verifier.ts'
import { bundleOfSimpleSigning, parseSimpleSigning, type SimpleSigningLayer } from './simple-signing.ts'
import { type InTotoStatement, isAbout, parseStatement } from './statement.ts'
import type { TrustedRoot } from './trusted-root.ts'

/** The artifact that a signature must be about. */
export interface JudgedArtifact {
  /** `sha256:<hex>`. */
  readonly digest: string
  /** The artifact itself, which a signature over a message is checked against; a statement names the digest. */
  readonly bytes?: Uint8Array | undefined
}

/** Whose signatures count. */
export type SigstoreTrust =
  | {
      readonly kind: 'keys'
      /** DER SubjectPublicKeyInfo each. */
      readonly keys: readonly Uint8Array[]
      /** Logs and timestamp authorities. */
      readonly trustedRoot?: TrustedRoot | undefined
    }
  | {
      readonly kind: 'certificates'
      /** Roots, and certificates between, that complete a chain. A chain must end in one of them. */
      readonly anchors: readonly Certificate[]
      readonly trustedRoot?: TrustedRoot | undefined
    }
  | {
      readonly kind: 'identity'
      /** Exact, or with one `*` at the end after `/` or `@`. */
      readonly identity: string
      readonly issuer: string
      /** Extensions of the certificate by OID, exact texts. */
      readonly extensions?: Readonly<Record<string, string>> | undefined
      readonly trustedRoot: TrustedRoot
    }

export interface JudgeOptions {
  /** The time at which certificates must be valid if no trusted time is proven. */
  readonly now: Date
  /** How many entries of trusted logs there must be. Default: 1 for an identity, else none. */
  readonly logEntries?: number | undefined
  /** Base URLs of the logs whose entries count. Default: all of the trusted root. */
  readonly logs?: readonly string[] | undefined
  /** How many trusted times there must be. Default: 1 for an identity, else none. */
  readonly timestamps?: number | undefined
  /** Roots of timestamp authorities, in place of those of the trusted root. For keys and certificates. */
  readonly timestampRoots?: readonly Certificate[] | undefined
}

/** What a signature fails at. */
export type SigstoreFault =
  /** It cannot be read, or breaks a limit. */
  | 'malformed'
  /** It is about another artifact. */
  | 'artifact'
  /** It does not hold. */
  | 'signature'
  /** It holds, and its signer is not trusted. */
  | 'signer'
  /** A timestamp or log entry is missing or does not hold. */
  | 'evidence'

export interface SigstoreSigner {
  readonly algorithm?: AlgorithmId | undefined
  /** `sha256:<hex>` of the public key. */
  readonly fingerprint: string
  /** Of a certificate, RFC 4514. */
  readonly subject?: string | undefined
  readonly identity?: string | undefined
  readonly issuer?: string | undefined
}

/** The verdict on a signature. A bad signature is a verdict and no error. */
export type SigstoreJudgement =
  | {
      readonly verdict: 'verified'
      readonly signer: SigstoreSigner
      /** Proven times, of timestamps and logs; none for an identity, where they only date the certificate. */
      readonly times: readonly Date[]
      /** What was signed, if it is an in-toto statement: its predicate type says whether it is a signature. */
      readonly statement?: InTotoStatement | undefined
    }
  | { readonly verdict: 'refused'; readonly fault: SigstoreFault; readonly why: string }

/**
 * Judges a Sigstore bundle, offline: the signature holds, it is about the artifact, its signer is trusted, and as many log
 * entries and timestamps as demanded hold.
 *
 * Signatures and certificates under keys and trust anchors are verified by `@sealwright/core` and `@sealwright/x509`; keyless
 * certificates, log entries and the authorities of a trusted root by `@sigstore/verify`.
 *
 * @param bytes - The bundle, at most 32 MiB.
 * @throws {@link SealwrightError} `VALIDATION` if a trusted key or root is unusable; `UNSUPPORTED` if the running Node.js lacks
 *   an algorithm.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { judgeBundle, parseTrustedRoot } from '@sealwright/sigstore'
 *
 * const digest = 'sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
 * const judgement = await judgeBundle(
 *   await readFile('app.sigstore.json'),
 *   { digest },
 *   {
 *     kind: 'identity',
 *     identity: 'https://github.com/acme/app/.github/workflows/release.yml@*',
 *     issuer: 'https://token.actions.githubusercontent.com',
 *     trustedRoot: parseTrustedRoot(await readFile('trusted_root.json')),
 *   },
 *   { now: new Date() },
 * )
 * if (judgement.verdict === 'refused') console.error(judgement.fault, judgement.why)
 * ```
 */
export function judgeBundle(
  bytes: Uint8Array,
  artifact: JudgedArtifact,
  trust: SigstoreTrust,
  options: JudgeOptions,
): Promise<SigstoreJudgement> {
  return judged(() => openSigned(bytes, artifact), trust, options)
}

/**
 * Judges a signature of cosign's older form, a layer under the tag `sha256-<hex>.sig`, as {@link judgeBundle} does.
 *
 * @throws As {@link judgeBundle}.
 */
export function judgeSimpleSigning(
  layer: SimpleSigningLayer,
  { digest }: Pick<JudgedArtifact, 'digest'>,
  trust: SigstoreTrust,
  options: JudgeOptions,
): Promise<SigstoreJudgement> {
  const open = () => {
    const { payload } = layer
    const named = parseSimpleSigning(payload).digest
    if (named !== digest) throw new Refusal('artifact', `it is about ${JSON.stringify(named.slice(0, 200))}`)
    const message = { digest: `sha256:${hash('sha256', payload, 'hex')}`, bytes: payload }
    return openSigned(bundleOfSimpleSigning(layer), message)
  }
  return judged(open, trust, options)
}

/** Ends a judgement; never leaves this file. */
class Refusal extends Error {
  readonly fault: SigstoreFault

  constructor(fault: SigstoreFault, why: string) {
    super(why)
    this.fault = fault
  }
}

/** A signature that was read: nothing of it is judged but what it is about. */
interface OpenedSignature {
  readonly bundle: SigstoreBundle
  readonly json: JsonValue
  readonly toBeSigned: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
  readonly statement?: InTotoStatement | undefined
}

async function judged(
  open: () => OpenedSignature,
  trust: SigstoreTrust,
  options: JudgeOptions,
): Promise<SigstoreJudgement> {
  try {
    const opened = reading(open)
    const { statement } = opened
    if (trust.kind === 'identity') {
      return { verdict: 'verified', signer: await byIdentity(opened, trust, options), times: [], statement }
    }
    const found = trust.kind === 'keys' ? byKey(opened, trust.keys) : byCertificate(opened)
    const times = await provenTimes(opened, { ...found, trustedRoot: trust.trustedRoot }, options)
    if (trust.kind === 'certificates')
      assertTrusted(found.chain, trust.anchors, times.length > 0 ? times : [options.now])
    return { verdict: 'verified', signer: found.signer, times, statement }
  } catch (error) {
    if (error instanceof Refusal) return { verdict: 'refused', fault: error.fault, why: error.message }
    throw error
  }
}

/** What is wrong with bytes of others is a verdict. */
function reading<T>(read: () => T, fault: SigstoreFault = 'malformed'): T {
  try {
    return read()
  } catch (error) {
    if (isSealwrightError(error) && ['VALIDATION', 'INTEGRITY', 'UNSUPPORTED'].includes(error.code))
      throw new Refusal(fault, reasonOf(error))
    throw error
  }
}

const reasonOf = ({ message, why }: SealwrightError): string =>
  why === undefined ? message : `${message}: ${why}`

/** Any of in-toto's own payload types: the general one, and those that name a predicate. */
const PAYLOAD_TYPE = /^application\/vnd\.in-toto(?:\.[\w.-]+)?\+json$/

function openSigned(bytes: Uint8Array, artifact: JudgedArtifact): OpenedSignature {
  const { bundle, json } = readBundle(bytes)
  const { content } = bundle
  if (content.kind === 'message') {
    const { bytes: message } = artifact
    if (message === undefined) throw new Refusal('artifact', 'it is over a message, which was not given')
    const digest = `sha256:${hash('sha256', message, 'hex')}`
    if (digest !== artifact.digest) throw new Refusal('artifact', `the bytes are those of ${digest}`)
    assertMessageDigest(content.digest, message)
    return { bundle, json, toBeSigned: message, payload: message, signature: content.signature }
  }
  const { payload, payloadType, signatures } = openDsse(content)
  if (!PAYLOAD_TYPE.test(payloadType))
    throw new Refusal('malformed', 'its payload is not an in-toto statement')
  const statement = parseStatement(payload)
  // A member that comes twice is read in two ways by two readers.
  void statement.predicate
  if (!isAbout(statement, artifact))
    throw new Refusal('artifact', `${artifact.digest} is not among its subjects`)
  const { toBeSigned, bytes: signature } = signatures[0]!
  return { bundle, json, toBeSigned, payload, signature, statement }
}

const MESSAGE_HASHES: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_384: 'sha384',
  SHA2_512: 'sha512',
}

/** What a bundle says of its message must be true, although nothing depends on it. */
function assertMessageDigest(
  digest: { readonly algorithm: string; readonly bytes: Uint8Array } | undefined,
  message: Uint8Array,
): void {
  if (digest === undefined) return
  const name = Object.hasOwn(MESSAGE_HASHES, digest.algorithm) ? MESSAGE_HASHES[digest.algorithm] : undefined
  if (name === undefined) throw new Refusal('malformed', 'its messageDigest is of no known algorithm')
  if (!hash(name, message, 'buffer').equals(digest.bytes))
    throw new Refusal('artifact', 'its messageDigest is of another message')
}

interface FoundSigner {
  readonly signer: SigstoreSigner
  readonly publicKey: Uint8Array
  readonly chain: readonly Certificate[]
}

function byKey({ toBeSigned, signature }: OpenedSignature, keys: readonly Uint8Array[]): FoundSigner {
  for (const publicKey of keys) {
    const algorithm = holdsUnder({ type: keyType(publicKey), key: publicKey }, toBeSigned, signature)
    if (algorithm === undefined) continue
    return { signer: { algorithm, fingerprint: fingerprint(publicKey) }, publicKey, chain: [] }
  }
  throw new Refusal('signer', 'it does not hold under a trusted key')
}

function byCertificate({ bundle, toBeSigned, signature }: OpenedSignature): FoundSigner {
  const ders = bundle.certificates
  if (ders === undefined) throw new Refusal('signer', 'it has no certificate')
  return reading(() => {
    const chain = ders.map((der, index) => parseCertificate(der, `certificate ${index + 1}`))
    const { publicKey, subject } = chain[0]!
    const algorithm = holdsUnder({ type: keyType(publicKey), key: publicKey }, toBeSigned, signature)
    if (algorithm === undefined) throw new Refusal('signature', 'it does not hold under its certificate')
    const name = formatDistinguishedName(subject)
    return { signer: { algorithm, fingerprint: fingerprint(publicKey), subject: name }, publicKey, chain }
  })
}

const MAX_CHAIN = 20

function assertTrusted(
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
  times: readonly Date[],
): void {
  const whole = [...chain]
  for (let last = whole.at(-1)!; !last.selfSigned && whole.length < MAX_CHAIN; last = whole.at(-1)!) {
    const issuer = anchors.find(anchor => isIssuedBy(last, anchor) && !whole.includes(anchor))
    if (issuer === undefined) break
    whole.push(issuer)
  }
  const root = whole.at(-1)!
  if (!anchors.some(anchor => anchor.fingerprint === root.fingerprint))
    throw new Refusal(
      'signer',
      `its chain ends in ${formatDistinguishedName(root.subject)}, which is not trusted`,
    )
  for (const at of times) {
    const [fault] = checkChain(whole, { purpose: 'codeSigning', at })
    if (fault !== undefined) throw new Refusal('signer', fault.message)
  }
}

/** Verifies what was demanded of logs and timestamp authorities, and whatever else the trusted root can tell. */
async function provenTimes(
  opened: OpenedSignature,
  {
    publicKey,
    trustedRoot,
  }: { readonly publicKey: Uint8Array; readonly trustedRoot?: TrustedRoot | undefined },
  options: JudgeOptions,
): Promise<readonly Date[]> {
  const { logEntries = 0, timestamps = 0, timestampRoots } = options
  const times = timestampRoots === undefined ? [] : tokenTimes(opened, timestampRoots)
  if (trustedRoot === undefined) {
    if (logEntries > 0) throw new Refusal('evidence', 'a log entry is demanded, and no log is trusted')
  } else if (logEntries > 0 || (timestampRoots === undefined && timestamps > 0)) {
    const request = libraryRequest(opened, trustedRoot, {
      ...options,
      logEntries,
      timestamps: Math.max(0, timestamps - times.length),
    })
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
    times.push(...(await byLibrary(() => verifyEvidence(request, key))))
  }
  if (times.length < timestamps)
    throw new Refusal('evidence', `it has ${times.length} of ${timestamps} trusted timestamps`)
  return times
}

/** The times of the tokens that hold; those of authorities that are not trusted count nothing. */
function tokenTimes({ bundle, signature }: OpenedSignature, roots: readonly Certificate[]): Date[] {
  const authorities = new Set<string>()
  return bundle.timestamps.flatMap(response => {
    try {
      const { time, chain } = verifyTimestampToken(readTimestampToken(tokenOf(response)), {
        message: signature,
        roots,
      })
      const { fingerprint: authority } = chain[0]!
      if (authorities.has(authority)) return []
      authorities.add(authority)
      return [time.earliest, time.latest]
    } catch (error) {
      if (isSealwrightError(error)) return []
      throw error
    }
  })
}

/** The token of a TimeStampResp (RFC 3161, section 2.4.2). */
function tokenOf(response: Uint8Array): Uint8Array {
  const [, token] = derSequence(readDer(response, 'timestamp'), 'timestamp')
  return token?.bytes ?? response
}

async function byIdentity(
  opened: OpenedSignature,
  trust: Extract<SigstoreTrust, { kind: 'identity' }>,
  options: JudgeOptions,
): Promise<SigstoreSigner> {
  if (opened.bundle.certificates === undefined) throw new Refusal('signer', 'it has no certificate')
  const { logEntries = 1, timestamps = 1 } = options
  // The certificate lives for minutes: without a time it cannot be judged.
  const request = libraryRequest(opened, trust.trustedRoot, {
    ...options,
    logEntries,
    timestamps: Math.max(1, timestamps),
  })
  const { key, identity, issuer, extensions } = await byLibrary(() => verifyIdentity(request))
  if (issuer !== trust.issuer) throw new Refusal('signer', `its issuer is ${shown(issuer)}`)
  if (identity === undefined || !matches(trust.identity, identity))
    throw new Refusal('signer', `its identity is ${shown(identity)}`)
  for (const [oid, wanted] of Object.entries(trust.extensions ?? {})) {
    const value = extensions.get(oid)
    const text = value === undefined ? undefined : reading(() => utf8String(value))
    if (text !== wanted) throw new Refusal('signer', `its extension ${oid} is ${shown(text)}`)
  }
  const spki = new Uint8Array(key.export({ type: 'spki', format: 'der' }))
  const algorithm = holdsUnder({ type: keyType(spki), key: spki }, opened.toBeSigned, opened.signature)
  return { algorithm, fingerprint: fingerprint(spki), identity, issuer }
}

const shown = (text: string | undefined): string =>
  text === undefined ? 'missing' : JSON.stringify(text.slice(0, 300))

/** Exact, or with one `*` at the end, after `/` or `@`: it stands for at least one character. */
function matches(pattern: string, text: string): boolean {
  if (!/[/@]\*$/.test(pattern)) return pattern === text
  return text.length >= pattern.length && text.startsWith(pattern.slice(0, -1))
}

function utf8String(value: Uint8Array): string {
  const label = 'certificate extension'
  return new TextDecoder('utf-8', { fatal: true }).decode(
    derContents(readDer(value, label), DER_TAGS.utf8String, label),
  )
}

function libraryRequest(
  { json, signature, toBeSigned, payload }: OpenedSignature,
  trustedRoot: TrustedRoot,
  {
    logs,
    logEntries,
    timestamps,
    timestampRoots,
  }: Pick<JudgeOptions, 'logs' | 'timestampRoots'> & {
    readonly logEntries: number
    readonly timestamps: number
  },
): LibraryRequest {
  return {
    json,
    signature,
    toBeSigned,
    payload,
    trustedRoot,
    logs,
    logEntries,
    timestamps,
    ignoreTokens: timestampRoots !== undefined,
    holds: key => {
      const spki = new Uint8Array(key.export({ type: 'spki', format: 'der' }))
      return holdsUnder({ type: keyType(spki), key }, toBeSigned, signature) !== undefined
    },
  }
}

/** The libraries throw errors of many kinds over what is wrong with the bytes of others. */
async function byLibrary<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown }
    const fault =
      code === 'SIGNATURE_ERROR' ? 'signature' : code === 'CERTIFICATE_ERROR' ? 'signer' : 'evidence'
    throw new Refusal(fault, String(message).slice(0, 500))
  }
}
