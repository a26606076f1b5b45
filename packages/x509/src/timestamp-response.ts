import { type ErrorCode, SealwrightError } from '@sealwright/core'
import {
  DER_TAGS,
  type DerValue,
  decodeUtf8,
  der,
  derBitString,
  derContents,
  derSequence,
  derSmallInteger,
  readDer,
} from '@sealwright/core/encoding'
import { malformed } from './malformed.ts'
import { encodeHashAlgorithm, HASH_LENGTH, type HashAlgorithm } from './signature-scheme.ts'
import { signerCertificate } from './timestamp-signer.ts'
import { readTimestampToken, type TimestampToken } from './timestamp-token.ts'

/** What a time-stamp authority is asked to vouch for. */
export interface TimestampRequest {
  readonly hash: HashAlgorithm
  /** Of the message, as long as `hash` makes it. */
  readonly digest: Uint8Array
  /** Random, 8 to 32 bytes: ties the response to this request. Read as an unsigned integer, big-endian. */
  readonly nonce: Uint8Array
  /** OID of the policy that the token must be issued under; the authority chooses where it is absent. */
  readonly policy?: string | undefined
}

const MIN_NONCE = 8
const MAX_NONCE = 32
const MAX_BYTES = 1024 * 1024
const MAX_TEXT = 200
const LABEL = 'timestamp response'

/**
 * Returns a TimeStampReq (RFC 3161, section 2.4.1) in DER, to be sent as `application/timestamp-query`. It asks for the
 * certificates of the authority.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a digest or nonce of another length and for a malformed OID.
 */
export function timestampRequest({ hash, digest, nonce, policy }: TimestampRequest): Uint8Array {
  if (digest.length !== HASH_LENGTH[hash])
    throw malformed('timestamp request', `the digest has ${digest.length} bytes, not ${HASH_LENGTH[hash]}`)
  if (nonce.length < MIN_NONCE || nonce.length > MAX_NONCE)
    throw malformed(
      'timestamp request',
      `the nonce has ${nonce.length} bytes, not ${MIN_NONCE} to ${MAX_NONCE}`,
    )
  return der.sequence(
    der.integer(1),
    der.sequence(encodeHashAlgorithm(hash), der.octetString(digest)),
    ...(policy === undefined ? [] : [der.oid(policy)]),
    der.integer(nonce),
    der.boolean(true),
  )
}

/**
 * Reads a TimeStampResp (RFC 3161, section 2.4.2), the body of an `application/timestamp-reply`, and compares its token
 * with the request: imprint, nonce, policy, and whether it carries the certificate of its signer.
 * {@link verifyTimestampToken} judges the token.
 *
 * @param response - DER, at most 1 MiB.
 * @throws {@link SealwrightError} `UNAVAILABLE` when the authority says that it cannot answer now, `UNSUPPORTED` when it
 * does not serve such requests (algorithm, policy, extension), `ACCESS_DENIED` when it refuses this one for another reason,
 * `INTEGRITY` when the token answers another request, `VALIDATION` for what is malformed.
 */
export function readTimestampResponse(response: Uint8Array, request: TimestampRequest): TimestampToken {
  if (response.length > MAX_BYTES) throw malformed(LABEL, `larger than ${MAX_BYTES} bytes`)
  const [statusInfo, token, ...more] = derSequence(readDer(response, LABEL), LABEL)
  if (more.length > 0) throw malformed(LABEL, 'it has more than two parts')
  const status = readStatus(statusInfo, `${LABEL}, status`)
  if (status.code > GRANTED_WITH_MODS) {
    if (token !== undefined) throw malformed(LABEL, 'it has a token although the request was not granted')
    throw rejection(status)
  }
  if (token === undefined) throw malformed(LABEL, 'the request was granted without a token')
  const read = readTimestampToken(token.bytes)
  compare(read, request)
  signerCertificate(read.signer, read.certificates)
  return read
}

/** PKIStatusInfo (RFC 3161, section 2.4.2). */
interface Status {
  readonly code: number
  readonly text: string
  readonly failures: readonly number[]
}

const GRANTED_WITH_MODS = 1
const STATUS_NAMES: Readonly<Record<number, string>> = {
  2: 'rejection',
  3: 'waiting',
  4: 'revocationWarning',
  5: 'revocationNotification',
}
/** PKIFailureInfo: the bit, its name, and what it means for the caller. */
const FAILURES: Readonly<Record<number, readonly [name: string, code: ErrorCode]>> = {
  0: ['badAlg', 'UNSUPPORTED'],
  2: ['badRequest', 'VALIDATION'],
  5: ['badDataFormat', 'VALIDATION'],
  14: ['timeNotAvailable', 'UNAVAILABLE'],
  15: ['unacceptedPolicy', 'UNSUPPORTED'],
  16: ['unacceptedExtension', 'UNSUPPORTED'],
  17: ['addInfoNotAvailable', 'UNAVAILABLE'],
  25: ['systemFailure', 'UNAVAILABLE'],
}

function readStatus(value: DerValue | undefined, label: string): Status {
  const fields = derSequence(value, label)
  const code = derSmallInteger(fields.shift(), label)
  if (code < 0 || code > 5) throw malformed(label, `${code} is not a status`)
  const texts = fields[0]?.tag === DER_TAGS.sequence ? derSequence(fields.shift(), label) : []
  const text = texts.map(one => decodeUtf8(derContents(one, DER_TAGS.utf8String, label), label)).join('; ')
  const bits =
    fields[0]?.tag === DER_TAGS.bitString ? derBitString(fields.shift(), label).bytes : new Uint8Array()
  if (fields.length > 0) throw malformed(label, 'it has more than three parts')
  const failures = [...bits.subarray(0, 8)].flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter(bit => byte & (0x80 >> bit)).map(bit => 8 * index + bit),
  )
  return { code, text, failures }
}

function rejection({ code, text, failures }: Status): SealwrightError {
  const rows = failures.map(bit => FAILURES[bit] ?? ([`failure ${bit}`, 'ACCESS_DENIED'] as const))
  const [first] = rows
  const said = [
    `status ${STATUS_NAMES[code]}`,
    ...rows.map(([name]) => name),
    ...(text === '' ? [] : [quote(text)]),
  ]
  return new SealwrightError(
    first?.[1] ?? (code === 3 ? 'UNAVAILABLE' : 'ACCESS_DENIED'),
    'the time-stamp authority did not grant the request',
    { why: `it answered ${said.join(', ')}` },
  )
}

/** Text of a stranger: at most 200 characters, none of which steers a terminal. */
function quote(text: string): string {
  return JSON.stringify(text.slice(0, MAX_TEXT)).replace(/[^ -~]/g, '?')
}

function compare(token: TimestampToken, request: TimestampRequest): void {
  const { imprint, nonce, policy } = token
  const expectedNonce = readDer(der.integer(request.nonce), 'nonce').contents
  const fault =
    imprint.hash !== request.hash || Buffer.compare(imprint.digest, request.digest) !== 0
      ? 'its message imprint is not the one that was sent'
      : nonce === undefined || Buffer.compare(nonce, expectedNonce) !== 0
        ? `its nonce is ${nonce === undefined ? 'absent' : 'not the one that was sent'}`
        : request.policy !== undefined && policy !== request.policy
          ? `it was issued under the policy ${policy}, not ${request.policy}`
          : undefined
  if (fault !== undefined) {
    throw new SealwrightError('INTEGRITY', 'the timestamp token answers another request', { why: fault })
  }
}
