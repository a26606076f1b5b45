import { SealwrightError } from '@sealwright/core'
import {
  decodeJson,
  decodeJsonWithPositions,
  decodeUtf8,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import { type Descriptor, parseDigest, ReferrerTypes } from '@sealwright/oci'
import { once } from '../once.ts'
import { predicateFault } from './predicate-type.ts'

/** The payload type of an in-toto statement in a DSSE. */
export const STATEMENT_TYPE: typeof ReferrerTypes.inToto = ReferrerTypes.inToto
/** As much as is attested at once: with base64 around it, it stays within what is read of an envelope. */
export const MAX_PREDICATE_BYTES: number = 16 * 1024 * 1024

const MAX_STATEMENT_BYTES = 32 * 1024 * 1024
/** An SBOM of 16 MiB has about half of it. Each takes some 200 bytes, so a predicate is read for whom it is meant only. */
const MAX_PREDICATE_VALUES = 1_000_000
const MAX_DEPTH = 256
/** As many as sigstore's verifiers take. */
const MAX_SUBJECTS = 1024
const V1 = 'https://in-toto.io/Statement/v1'
/** What cosign wrote until late, and GitHub's older attestations are: the same members. */
const V01 = 'https://in-toto.io/Statement/v0.1'
const LABEL = 'in-toto statement'

/** What a statement is about: names mean nothing, digests everything. */
export interface StatementSubject {
  readonly name?: string
  /** Hexadecimal by algorithm: `{ sha256: '…' }`. */
  readonly digest: Readonly<Record<string, string>>
}

/** An in-toto statement (in-toto attestation framework, `spec/v1/statement.md`). */
export interface InTotoStatement {
  readonly type: string
  readonly subjects: readonly StatementSubject[]
  readonly predicateType: string
  /**
   * Read when it is first asked for, because it may be large and nobody may want it; at most a million values.
   *
   * @throws {@link SealwrightError} `VALIDATION` for more, and for a member that comes twice.
   */
  readonly predicate: JsonObject
}

/**
 * Reads an in-toto statement, v1 or v0.1: no member twice, at least one subject, each with a digest. Members that it does
 * not know are passed over. Of the predicate only the syntax is checked.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseStatement(bytes: Uint8Array): InTotoStatement {
  const { value, text } = decodeJsonWithPositions(bytes, {
    label: LABEL,
    maxBytes: MAX_STATEMENT_BYTES,
    maxDepth: MAX_DEPTH,
    only: ['_type', 'subject', 'predicateType'],
  })
  if (!isJsonObject(value)) throw invalid('it is not an object')
  const { _type: type, subject, predicateType } = value
  const predicate = text(['predicate']) ?? '{}'
  if (type !== V1 && type !== V01) throw invalid(`its _type is not ${V1}`)
  if (typeof predicateType !== 'string' || predicateType === '') throw invalid('it has no predicateType')
  if (!predicate.startsWith('{')) throw invalid('its predicate is not an object')
  if (!isList(subject) || subject.length === 0) throw invalid('it has no subject')
  if (subject.length > MAX_SUBJECTS) throw invalid(`it has more than ${MAX_SUBJECTS} subjects`)
  const read = once(() => readPredicate(predicate))
  return {
    type,
    subjects: subject.map(readSubject),
    predicateType,
    get predicate() {
      return read()
    },
  }
}

function readPredicate(text: string): JsonObject {
  return decodeJson(text, {
    label: `${LABEL}, predicate`,
    maxBytes: MAX_STATEMENT_BYTES,
    maxValues: MAX_PREDICATE_VALUES,
    maxDepth: MAX_DEPTH,
  }) as JsonObject
}

/** Whether a statement is about this artifact. */
export function isAbout(
  { subjects }: Pick<InTotoStatement, 'subjects'>,
  { digest }: Pick<Descriptor, 'digest'>,
): boolean {
  const { algorithm, hex } = parseDigest(digest)
  return subjects.some(
    subject => Object.hasOwn(subject.digest, algorithm) && subject.digest[algorithm] === hex,
  )
}

/** What is said of an artifact; made by {@link attestationOf}. */
export interface Attestation {
  /** A URI. */
  readonly predicateType: string
  /** JSON, one object. */
  readonly predicate: string
}

/**
 * Checks a predicate and its type, for {@link attestArtifact}.
 *
 * @param predicate - UTF-8 JSON, one object, at most {@link MAX_PREDICATE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` if it is not a JSON object, or is clearly of another predicate type.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { attestationOf, predicateTypeOf } from '@sealwright/notary'
 *
 * const attestation = attestationOf(predicateTypeOf('spdx'), await readFile('sbom.spdx.json'))
 * ```
 */
export function attestationOf(predicateType: string, predicate: Uint8Array): Attestation {
  const label = 'the predicate'
  const value = decodeJson(predicate, {
    label,
    maxBytes: MAX_PREDICATE_BYTES,
    maxValues: MAX_PREDICATE_VALUES,
    maxDepth: MAX_DEPTH - 1,
  })
  if (!isJsonObject(value)) throw new SealwrightError('VALIDATION', `${label} is not a JSON object`)
  const fault = predicateFault(predicateType, value)
  if (fault !== undefined) {
    throw new SealwrightError('VALIDATION', `${label} is not of the type ${predicateType}`, {
      why: fault,
      fix: 'give the file that was meant, or its own type',
    })
  }
  return { predicateType, predicate: decodeUtf8(predicate, label).trim() }
}

/**
 * The bytes of a statement v1 about one artifact. The predicate stands in it as it was given, so that no number of it is
 * rounded. The subject has no name: the same artifact goes by another in the next registry.
 */
export function formatStatement(
  { digest }: Pick<Descriptor, 'digest'>,
  { predicateType, predicate }: Attestation,
): Uint8Array {
  const { algorithm, hex } = parseDigest(digest)
  const head = encodeJson(
    { _type: V1, subject: [{ digest: { [algorithm]: hex } }], predicateType },
    { label: LABEL },
  )
  return encodeUtf8(`${head.slice(0, -1)},"predicate":${predicate}}`, LABEL)
}

function readSubject(value: JsonValue, index: number): StatementSubject {
  const label = `subject ${index + 1}`
  if (!isJsonObject(value)) throw invalid(`${label} is not an object`)
  const { name, digest } = value
  if (name !== undefined && typeof name !== 'string') throw invalid(`${label} has a name that is not text`)
  if (!isJsonObject(digest) || Object.keys(digest).length === 0) throw invalid(`${label} has no digest`)
  const digests: Record<string, string> = Object.create(null)
  for (const [algorithm, hex] of Object.entries(digest)) {
    if (typeof hex !== 'string') throw invalid(`${label} has a digest that is not text`)
    digests[algorithm] = hex
  }
  return { ...(name === undefined ? {} : { name }), digest: digests }
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL}: ${fault}`)
}
