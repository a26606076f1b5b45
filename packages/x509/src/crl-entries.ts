import { randomInt } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { SealwrightError } from '@sealwright/core'
import { DER_TAGS, derSequence, derTime, derUnsigned, readDer } from '@sealwright/core/encoding'
import { DerScanner } from './der-scanner.ts'
import { readExtensions } from './extension.ts'
import { OID } from './oids.ts'
import { type RevocationReason, readInvalidityDate, readReason } from './revocation-status.ts'

/** One certificate on a CRL. */
export interface CrlEntry {
  /** As that of a certificate: hexadecimal, lower-case, at least two digits. */
  readonly serialNumber: string
  readonly revokedAt: Date
  /** `unspecified` where the CRL gives none. */
  readonly reason: RevocationReason
  readonly invalidityDate?: Date | undefined
}

/** The entries of a CRL, which stay encoded until they are asked for. */
export interface CrlEntries {
  /** How many there are. */
  readonly size: number
  /**
   * Returns every entry of a serial number, by hash: the cost does not depend on the size of the CRL.
   *
   * @throws {@link SealwrightError} `VALIDATION` for an entry whose values are malformed.
   */
  find(serialNumber: string): readonly CrlEntry[]
  /** All of them, in the order of the CRL; throws as {@link CrlEntries.find} does. */
  entries(): Iterable<CrlEntry>
}

const MAX_ENTRY_BYTES = 4096
const TIME_LENGTHS: Readonly<Record<number, number>> = {
  [DER_TAGS.utcTime]: 13,
  [DER_TAGS.generalizedTime]: 15,
}
/** RFC 5280 allows 20. The length takes one byte, on which {@link SerialTable} relies. */
const MAX_SERIAL_BYTES = 127
/** A SEQUENCE of an INTEGER of one byte and a UTCTime. */
const MIN_ENTRY_BYTES = 20
/** More entries than this share a place in the table only when the same serial number is there again and again. */
const MAX_PROBES = 256
/** How many entries are read before the clock is looked at, and for how long before others have their turn. */
const ENTRIES_PER_LOOK = 512
const MS_PER_TURN = 10

/**
 * Reads the structure of every entry and indexes them by serial number.
 *
 * @param bytes - The contents of revokedCertificates.
 */
export async function indexEntries(
  bytes: Uint8Array,
  label: string,
  signal: AbortSignal | undefined,
): Promise<CrlEntries> {
  const places = new SerialTable(bytes, label)
  const scanner = new DerScanner(bytes, label)
  let size = 0
  let turnEnds = performance.now() + MS_PER_TURN
  for (let at = 0; at < bytes.length; size++) {
    const end = scanEntry(bytes, at, scanner, label)
    places.add(at)
    at = end
    if (size % ENTRIES_PER_LOOK === 0 && performance.now() > turnEnds) {
      await setImmediate()
      assertGoingOn(signal)
      turnEnds = performance.now() + MS_PER_TURN
    }
  }
  assertGoingOn(signal)
  return {
    size,
    find: serialNumber => places.find(serialNumber).map(at => readEntry(bytes, at, label)),
    *entries() {
      for (let at = 0; at < bytes.length; at += elementAt(bytes, at, label).length)
        yield readEntry(bytes, at, label)
    },
  }
}

function assertGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new SealwrightError('ABORTED', 'reading the CRL was aborted')
}

/** Checks the structure of an entry: SEQUENCE of serial number, time and extensions. Returns where it ends. */
function scanEntry(bytes: Uint8Array, at: number, scanner: DerScanner, label: string): number {
  scanner.expect(DER_TAGS.sequence, at, bytes.length)
  const { end } = scanner
  if (end - at > MAX_ENTRY_BYTES) throw invalid(label, `an entry has more than ${MAX_ENTRY_BYTES} bytes`)
  scanner.expect(DER_TAGS.integer, scanner.start, end)
  const { start } = scanner
  const length = scanner.end - start
  const isPadded =
    length > 1 &&
    (bytes[start] === 0 ? bytes[start + 1]! < 0x80 : bytes[start] === 0xff && bytes[start + 1]! >= 0x80)
  if (length === 0 || isPadded) throw invalid(label, 'a serial number is not in the fewest bytes')
  if (length > MAX_SERIAL_BYTES)
    throw invalid(label, `a serial number has more than ${MAX_SERIAL_BYTES} bytes`)
  scanner.read(scanner.end, end)
  if (scanner.end - scanner.start !== TIME_LENGTHS[scanner.tag]) throw invalid(label, 'an entry has no time')
  if (scanner.end === end) return end
  scanner.expect(DER_TAGS.sequence, scanner.end, end)
  if (scanner.end !== end) throw invalid(label, 'an entry has parts that are unknown')
  for (let next = scanner.start; next < end; )
    next = scanExtension(bytes, next, { limit: end, scanner, label })
  return end
}

/** No extension of an entry may be critical: of those in use only certificateIssuer is, which indirect CRLs alone have. */
function scanExtension(
  bytes: Uint8Array,
  at: number,
  { limit, scanner, label }: { readonly limit: number; readonly scanner: DerScanner; readonly label: string },
): number {
  scanner.expect(DER_TAGS.sequence, at, limit)
  const { end } = scanner
  scanner.expect(DER_TAGS.oid, scanner.start, end)
  scanner.read(scanner.end, end)
  if (scanner.tag === DER_TAGS.boolean) {
    if (scanner.end - scanner.start !== 1 || bytes[scanner.start] !== 0)
      throw invalid(label, 'an entry has a critical extension, which is unknown')
    scanner.read(scanner.end, end)
  }
  if (scanner.tag !== DER_TAGS.octetString || scanner.end !== end)
    throw invalid(label, 'an extension of an entry is malformed')
  return end
}

function elementAt(bytes: Uint8Array, at: number, label: string): Uint8Array {
  const scanner = new DerScanner(bytes, label)
  scanner.read(at, bytes.length)
  return bytes.subarray(at, scanner.end)
}

function readEntry(bytes: Uint8Array, at: number, label: string): CrlEntry {
  const [serialNumber, revokedAt, list] = derSequence(readDer(elementAt(bytes, at, label), label), label)
  const extensions = list ? readExtensions(list, `${label}, an entry`) : []
  const valueFor = (oid: string) => extensions.find(extension => extension.oid === oid)?.value
  const reason = valueFor(OID.reasonCode)
  const invalidityDate = valueFor(OID.invalidityDate)
  return {
    serialNumber: Buffer.from(derUnsigned(serialNumber, label)).toString('hex'),
    revokedAt: derTime(revokedAt, label),
    reason: reason ? readReason(readDer(reason, label), label) : 'unspecified',
    invalidityDate: invalidityDate && readInvalidityDate(invalidityDate, label),
  }
}

/**
 * Where the entries of each serial number are: a hash table with open addressing. Its seed is random, so that nobody
 * chooses serial numbers that fall together.
 */
class SerialTable {
  readonly #bytes: Uint8Array
  readonly #label: string
  readonly #seed = randomInt(2 ** 32)
  /** The offset of an entry and 1; 0 for a free place. */
  readonly #places: Uint32Array
  readonly #mask: number

  constructor(bytes: Uint8Array, label: string) {
    this.#bytes = bytes
    this.#label = label
    // At most half of it is taken, with the shortest of entries.
    const capacity = 2 ** Math.ceil(Math.log2(2 * (bytes.length / MIN_ENTRY_BYTES) + 2))
    this.#places = new Uint32Array(capacity)
    this.#mask = capacity - 1
  }

  /** Adds the entry at `at`, whose structure has been checked. */
  add(at: number): void {
    const start = this.#serialAt(at)
    let place = this.#hash(this.#bytes, start, start + this.#bytes[start - 1]!)
    for (let probes = 0; this.#places[place] !== 0; place = (place + 1) & this.#mask) {
      if (++probes > MAX_PROBES) throw invalid(this.#label, 'it has the same serial number too many times')
    }
    this.#places[place] = at + 1
  }

  find(serialNumber: string): number[] {
    const magnitude = Buffer.from(serialNumber, 'hex')
    const serial = magnitude[0]! < 0x80 ? magnitude : Buffer.concat([Uint8Array.of(0), magnitude])
    const found: number[] = []
    let place = this.#hash(serial, 0, serial.length)
    for (let taken = this.#places[place]!; taken !== 0; taken = this.#places[place]!) {
      if (this.#isSerial(taken - 1, serial)) found.push(taken - 1)
      place = (place + 1) & this.#mask
    }
    return found
  }

  #isSerial(at: number, serial: Uint8Array): boolean {
    const start = this.#serialAt(at)
    const length = this.#bytes[start - 1]!
    return Buffer.compare(this.#bytes.subarray(start, start + length), serial) === 0
  }

  /** Where the contents of the serial number of the entry at `at` start; the byte before is their length. */
  #serialAt(at: number): number {
    const length = this.#bytes[at + 1]!
    return at + 4 + (length < 0x80 ? 0 : length & 0x7f)
  }

  /** FNV-1a, seeded, and the last step of MurmurHash3. */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) & this.#mask
  }
}

function invalid(label: string, fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: ${fault}`)
}
