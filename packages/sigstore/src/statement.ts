import { SealwrightError } from '@sealwright/core'
import {
  decodeJson,
  decodeJsonWithPositions,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import { type Descriptor, parseDigest, ReferrerTypes } from '@sealwright/oci'

/** The payload type of an in-toto statement in a DSSE. */
export const STATEMENT_TYPE: typeof ReferrerTypes.inToto = ReferrerTypes.inToto

const MAX_STATEMENT_BYTES = 32 * 1024 * 1024
const MAX_DEPTH = 256
/**
 * What is read of a predicate. An SBOM of 16 MiB has about half a million values; each takes some 200 bytes, so a predicate is
 * read only when somebody asks for it.
 */
export const PREDICATE_LIMITS: { readonly maxValues: number; readonly maxDepth: number } = {
  maxValues: 1_000_000,
  maxDepth: MAX_DEPTH - 1,
}
/** The limit of sigstore-go (`pkg/verify/signature.go`) and cosign. */
export const MAX_SUBJECTS: number = 1024
/** The limit of sigstore-go for one subject. */
const MAX_DIGESTS = 32
const V1 = 'https://in-toto.io/Statement/v1'
/** What cosign wrote until late, and GitHub's older attestations are: the same members. */
const V01 = 'https://in-toto.io/Statement/v0.1'
const LABEL = 'in-toto statement'

/** What a statement is about: names mean nothing, digests everything. */
export interface StatementSubject {
  readonly name?: string
  /** Hexadecimal by algorithm: `{ sha256: '…' }`. */
  readonly digest: Readonly<Record<string, string>>
  /** What `cosign sign -a` adds; values that are not text are read as JSON. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
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
  /** The same as it was written. */
  readonly predicateText: string
}

/**
 * Reads an in-toto statement, v1 or v0.1: no member twice, at least one subject, each with a digest. Members that it does
 * not know are passed over. Of the predicate only the syntax is checked. At most {@link MAX_SUBJECTS} subjects, of at most 32
 * digests each.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseStatement, sigstoreBundle } from '@sealwright/sigstore'
 *
 * const { payload } = sigstoreBundle.open(await readFile('app.sigstore.json'))
 * const { predicateType, subjects } = parseStatement(payload)
 * ```
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
  let read: JsonObject | undefined
  return {
    type,
    subjects: subject.map(readSubject),
    predicateType,
    predicateText: predicate,
    get predicate() {
      read ??= readPredicate(predicate)
      return read
    },
  }
}

function readPredicate(text: string): JsonObject {
  return decodeJson(text, {
    label: `${LABEL}, predicate`,
    maxBytes: MAX_STATEMENT_BYTES,
    ...PREDICATE_LIMITS,
  }) as JsonObject
}

/**
 * Returns whether a statement is about this artifact.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the artifact's digest is malformed.
 */
export function isAbout(
  statement: Pick<InTotoStatement, 'subjects'>,
  artifact: Pick<Descriptor, 'digest'>,
): boolean {
  return subjectOf(statement, artifact) !== undefined
}

/** What a statement says of its subjects. */
export interface StatementPredicate {
  /** A URI. */
  readonly predicateType: string
  /** JSON, one object. */
  readonly predicate: string
  /** Signed with each subject, as `cosign sign -a` does. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/**
 * Formats a statement v1 about one artifact or several. The predicate is written as it was given, so that no number of it is
 * rounded. The subjects have no names: the same artifact has another name in the next registry.
 *
 * @param subjects - At most {@link MAX_SUBJECTS}; every verifier of one of them learns the digests of all.
 * @throws {@link SealwrightError} `VALIDATION` if a digest is malformed, or for no subject or too many.
 */
export function formatStatement(
  subjects: readonly Pick<Descriptor, 'digest'>[],
  { predicateType, predicate, annotations = {} }: StatementPredicate,
): Uint8Array {
  if (subjects.length === 0 || subjects.length > MAX_SUBJECTS)
    throw invalid(`it has ${subjects.length} subjects, not 1 to ${MAX_SUBJECTS}`)
  const noted = Object.keys(annotations).length === 0 ? {} : { annotations }
  const subject = subjects.map(({ digest }) => {
    const { algorithm, hex } = parseDigest(digest)
    return { digest: { [algorithm]: hex }, ...noted }
  })
  const head = encodeJson({ _type: V1, subject, predicateType }, { label: LABEL })
  return encodeUtf8(`${head.slice(0, -1)},"predicate":${predicate}}`, LABEL)
}

/**
 * Returns the subject of a statement that is this artifact.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the artifact's digest is malformed.
 */
export function subjectOf(
  { subjects }: Pick<InTotoStatement, 'subjects'>,
  { digest }: Pick<Descriptor, 'digest'>,
): StatementSubject | undefined {
  const { algorithm, hex } = parseDigest(digest)
  return subjects.find(
    subject => Object.hasOwn(subject.digest, algorithm) && subject.digest[algorithm] === hex,
  )
}

function readSubject(value: JsonValue, index: number): StatementSubject {
  const label = `subject ${index + 1}`
  if (!isJsonObject(value)) throw invalid(`${label} is not an object`)
  const { name, digest } = value
  if (name !== undefined && typeof name !== 'string') throw invalid(`${label} has a name that is not text`)
  if (!isJsonObject(digest) || Object.keys(digest).length === 0) throw invalid(`${label} has no digest`)
  if (Object.keys(digest).length > MAX_DIGESTS) throw invalid(`${label} has more than ${MAX_DIGESTS} digests`)
  const digests: Record<string, string> = Object.create(null)
  for (const [algorithm, hex] of Object.entries(digest)) {
    if (typeof hex !== 'string') throw invalid(`${label} has a digest that is not text`)
    digests[algorithm] = hex
  }
  const noted = readAnnotations(value.annotations, label)
  return { ...(name === undefined ? {} : { name }), digest: digests, annotations: noted }
}

function readAnnotations(value: JsonValue | undefined, label: string): StatementSubject['annotations'] {
  if (value === undefined) return undefined
  if (!isJsonObject(value)) throw invalid(`${label} has annotations that are not an object`)
  const texts = Object.entries(value).map(([name, one]) => [
    name,
    typeof one === 'string' ? one : JSON.stringify(one),
  ])
  return Object.fromEntries(texts)
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL}: ${fault}`)
}

/** The predicate type of a signature, as cosign 3 writes and reads it. */
export const SIGN_PREDICATE_TYPE: string = 'https://sigstore.dev/cosign/sign/v1'
