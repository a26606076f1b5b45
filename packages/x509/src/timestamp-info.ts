import {
  DER_TAGS,
  type DerValue,
  derBoolean,
  derContents,
  derExplicit,
  derInteger,
  derOctetString,
  derSequence,
  derSmallInteger,
  derUnsigned,
  readDer,
} from '@sealwright/core/encoding'
import { readExtensionList } from './extension.ts'
import { malformed } from './malformed.ts'
import { readOid } from './oids.ts'
import { HASH_LENGTH, type HashAlgorithm, readHashAlgorithm } from './signature-scheme.ts'

/** A closed interval of time, in whole milliseconds. */
export interface TimeRange {
  readonly earliest: Date
  readonly latest: Date
}

/** What a TSTInfo says (RFC 3161, section 2.4.2). */
export interface TimestampInfo {
  /** OID of the policy under which the authority issued the token. */
  readonly policy: string
  /** What was timestamped, by its digest. */
  readonly imprint: { readonly hash: HashAlgorithm; readonly digest: Uint8Array }
  /** Hexadecimal, lower-case, at least two digits, without a sign. */
  readonly serialNumber: string
  /** The time of the authority's clock; a fraction below a millisecond is cut. */
  readonly genTime: Date
  /** How far the clock may have been off, in milliseconds with a fraction; 0 where token and policy promise nothing. */
  readonly accuracyMs: number
  /** genTime − accuracy to genTime + accuracy, rounded outward to milliseconds. */
  readonly time: TimeRange
  /** Whether the authority's tokens can be ordered by genTime alone. */
  readonly ordering: boolean
  /** The contents of its INTEGER. */
  readonly nonce?: Uint8Array
  /** DER GeneralName: the name of the authority, by its own word. */
  readonly tsa?: Uint8Array
}

/** ETSI EN 319 421, "best practices time-stamp policy": an accuracy of one second or better. */
const BEST_PRACTICES_POLICY = '0.4.0.2023.1.1'
const MAX_INTEGER_BYTES = 64
const MAX_SECONDS = 2 ** 31

/**
 * Reads a TSTInfo in DER.
 *
 * @throws {@link SealwrightError} `VALIDATION`, also for a version other than 1 and for a critical extension, none of
 * which is known.
 */
export function readTimestampInfo(der: Uint8Array, label: string): TimestampInfo {
  const fields = derSequence(readDer(der, label), label)
  const version = derInteger(bounded(fields.shift(), label), label)
  if (version !== 1n) throw malformed(label, `version is ${version}, not 1`)
  const policy = readOid(fields.shift(), `${label}, policy`)
  const imprint = readImprint(fields.shift(), `${label}, messageImprint`)
  const serialNumber = derUnsigned(bounded(fields.shift(), label), `${label}, serialNumber`)
  const { genTime, isCut } = readGenTime(fields.shift(), `${label}, genTime`)
  const accuracy = fields[0]?.tag === DER_TAGS.sequence ? fields.shift() : undefined
  // An explicit FALSE is not DER, but nothing hangs on it.
  const ordering = fields[0]?.tag === DER_TAGS.boolean && derBoolean(fields.shift(), `${label}, ordering`)
  const nonce = fields[0]?.tag === DER_TAGS.integer ? fields.shift() : undefined
  if (nonce !== undefined) derInteger(bounded(nonce, label), `${label}, nonce`)
  const tsa = fields[0]?.tag === 0xa0 ? derExplicit(fields.shift(), 0, `${label}, tsa`) : undefined
  if (fields[0]?.tag === 0xa1) refuseCritical(fields.shift()!, label)
  if (fields.length > 0) throw malformed(label, 'it has fields that version 1 does not know')
  const accuracyMs =
    accuracy === undefined
      ? policy === BEST_PRACTICES_POLICY
        ? 1000
        : 0
      : readAccuracy(accuracy, `${label}, accuracy`)
  const margin = Math.ceil(accuracyMs)
  return {
    policy,
    imprint,
    serialNumber: Buffer.from(serialNumber).toString('hex'),
    genTime,
    accuracyMs,
    time: {
      earliest: new Date(genTime.getTime() - margin),
      latest: new Date(genTime.getTime() + margin + (isCut ? 1 : 0)),
    },
    ordering,
    ...(nonce && { nonce: nonce.contents }),
    ...(tsa && { tsa: tsa.bytes }),
  }
}

function readImprint(value: DerValue | undefined, label: string): TimestampInfo['imprint'] {
  const [algorithm, hashed, ...more] = derSequence(value, label)
  const hash = readHashAlgorithm(algorithm, label)
  if (hash === undefined) throw malformed(label, 'its hash is not SHA-256, SHA-384 or SHA-512')
  const digest = derOctetString(hashed, label)
  if (more.length > 0) throw malformed(label, 'it has more than two parts')
  if (digest.length !== HASH_LENGTH[hash])
    throw malformed(label, `the digest has ${digest.length} bytes, not ${HASH_LENGTH[hash]}`)
  return { hash, digest }
}

/** GeneralizedTime in UTC, its fraction without trailing zeros (RFC 3161, section 2.4.2); at most nine digits of it. */
function readGenTime(value: DerValue | undefined, label: string): { genTime: Date; isCut: boolean } {
  const text = Buffer.from(derContents(value, DER_TAGS.generalizedTime, label).subarray(0, 64)).toString(
    'latin1',
  )
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text)
  if (parts === null) throw malformed(label, 'it is not a time in UTC as RFC 3161 writes it')
  const [, year, month, day, hour, minute, second, fraction = ''] = parts
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const genTime = new Date(iso)
  // A date that does not exist is refused or moved by Date; either way it does not print as it was written.
  if (Number.isNaN(genTime.getTime()) || genTime.toISOString() !== iso)
    throw malformed(label, 'it is a time that does not exist')
  return { genTime, isCut: fraction.length > 3 }
}

/** In milliseconds. */
function readAccuracy(value: DerValue, label: string): number {
  const fields = derSequence(value, label)
  const seconds = fields[0]?.tag === DER_TAGS.integer ? derSmallInteger(fields.shift(), label) : 0
  if (seconds < 0 || seconds > MAX_SECONDS) throw malformed(label, `${seconds} seconds are out of range`)
  const millis = readThousandths(fields, 0, label)
  const micros = readThousandths(fields, 1, label)
  if (fields.length > 0) throw malformed(label, 'it has parts other than seconds, millis and micros')
  return seconds * 1000 + millis + micros / 1000
}

/** `[number] INTEGER (1..999) OPTIONAL`, with implicit tags. */
function readThousandths(fields: DerValue[], number: 0 | 1, label: string): number {
  if (fields[0]?.tag !== (0x80 | number)) return 0
  const [first, second, ...more] = fields.shift()!.contents
  const isTwoBytes = second !== undefined
  const value = isTwoBytes ? first! * 256 + second : first
  const isMinimal = isTwoBytes ? first! > 0 || second >= 0x80 : first !== undefined && first < 0x80
  if (value === undefined || !isMinimal || more.length > 0 || value < 1 || value > 999)
    throw malformed(label, `${number === 0 ? 'millis' : 'micros'} is not 1 to 999`)
  return value
}

function refuseCritical(value: DerValue, label: string): void {
  const critical = readExtensionList(value.children(), label).find(extension => extension.critical)
  if (critical !== undefined) throw malformed(label, `the critical extension ${critical.oid} is unknown`)
}

/** Integers become numbers in time that grows with the square of their length. */
function bounded(value: DerValue | undefined, label: string): DerValue | undefined {
  if (value !== undefined && value.contents.length > MAX_INTEGER_BYTES)
    throw malformed(label, `an integer has more than ${MAX_INTEGER_BYTES} bytes`)
  return value
}
