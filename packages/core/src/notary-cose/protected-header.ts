import { type AlgorithmId, algorithms } from '../algorithm.ts'
import { CborFloat, cborTagged, encodeCbor, isCborTagged } from '../encoding/cbor.ts'
import { invalid } from '../encoding/invalid.ts'
import {
  type CheckedAttributes,
  LABELS,
  type NotaryAttributes,
  PAYLOAD_TYPE,
  readSignedAttributes,
} from '../notary/attributes.ts'
import { isNotaryAlgorithm } from '../notary/signing-identity.ts'
import { assertParameters, type CoseHeader } from './header-parameters.ts'
import { COSE } from './sign1.ts'

const LABEL = 'Notary COSE protected header'
const OWN: ReadonlySet<number> = /* @__PURE__ */ new Set([COSE.algorithm, COSE.critical, COSE.contentType])

/** Labels that no extended attribute may take: the format's own and the unprotected chain. */
export const RESERVED: ReadonlySet<number> = /* @__PURE__ */ new Set([...OWN, COSE.x5chain])

const EPOCH_TAG = 1
/** Seconds of the years 0 to 9999, the times that both envelopes can say. */
const FIRST = -62_167_219_200
const LAST = 253_402_300_799

export interface CoseProtected {
  readonly algorithm: AlgorithmId
  readonly attributes: NotaryAttributes
}

/** The protected header in deterministic CBOR, as the reference writes it. */
export function encodeProtected(algorithm: AlgorithmId, attributes: CheckedAttributes): Uint8Array {
  const { signingScheme, timeLabel, signingTime, expiry, extended } = attributes
  const header = new Map<string | number, unknown>(extended.map(({ key, value }) => [key, value]))
  header.set(COSE.algorithm, algorithms[algorithm].cose)
  header.set(COSE.critical, [
    LABELS.signingScheme,
    ...(timeLabel === LABELS.authenticSigningTime ? [timeLabel] : []),
    ...(expiry ? [LABELS.expiry] : []),
    ...extended.filter(({ critical }) => critical).map(({ key }) => key),
  ])
  header.set(COSE.contentType, PAYLOAD_TYPE)
  header.set(LABELS.signingScheme, signingScheme)
  header.set(timeLabel, epoch(signingTime))
  if (expiry) header.set(LABELS.expiry, epoch(expiry))
  // What we would not read back, we do not sign.
  assertParameters(header, new Map(), LABEL)
  return encodeCbor(header)
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function decodeProtected(header: CoseHeader): CoseProtected {
  const algorithm = Object.values(algorithms).find(({ cose }) => cose === header.get(COSE.algorithm))?.id
  if (algorithm === undefined || !isNotaryAlgorithm(algorithm)) {
    throw invalid(LABEL, 'alg is missing or not one that the Notary Project uses')
  }
  if (header.get(COSE.contentType) !== PAYLOAD_TYPE)
    throw invalid(LABEL, `the content type is not ${PAYLOAD_TYPE}`)
  const attributes = readSignedAttributes({
    label: LABEL,
    entries: header,
    own: OWN,
    critical: header.get(COSE.critical),
    time: readTime,
  })
  return { algorithm, attributes }
}

function epoch(time: Date): unknown {
  return cborTagged(EPOCH_TAG, time.getTime() / 1000)
}

/** Fractions of a second are legal, though the specification advises against them; finer than a millisecond is cut off. */
function readTime(value: unknown, name: string): Date {
  const held = isCborTagged(value) && value.tag === EPOCH_TAG ? value.value : undefined
  const seconds = held instanceof CborFloat ? held.value : held
  if (typeof seconds !== 'number' || !(seconds >= FIRST && seconds < LAST + 1)) {
    throw invalid(LABEL, `${name} is not a tagged number of seconds`)
  }
  return new Date(Math.floor(seconds * 1000))
}
