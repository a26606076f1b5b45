import { SealwrightError } from '@sealwright/core'
import {
  decodeBase64,
  decodeJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import { type Certificate, parseCertificate } from '@sealwright/x509'

const LABEL = 'Sigstore trusted root'
const MAX_BYTES = 1024 * 1024
const MAX_AUTHORITIES = 64
const MAX_CERTIFICATES = 20
const TYPE = /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.[12]|\.v0\.[12]\+json)$/

/** When a key or an authority is trusted; without an end, it still is. */
export interface TrustedPeriod {
  readonly start?: Date | undefined
  readonly end?: Date | undefined
}

export interface TrustedLog extends TrustedPeriod {
  readonly baseUrl: string
  /** Standard base64. */
  readonly keyId: string
}

export interface TrustedAuthority extends TrustedPeriod {
  readonly uri: string
  /** Leaf first, root last. */
  readonly chain: readonly Certificate[]
}

/** What a `trusted_root.json` vouches for (sigstore/protobuf-specs, `sigstore_trustroot.proto`). */
export interface TrustedRoot {
  /** Transparency logs. */
  readonly logs: readonly TrustedLog[]
  /** Certificate transparency logs. */
  readonly certificateLogs: readonly TrustedLog[]
  readonly certificateAuthorities: readonly TrustedAuthority[]
  readonly timestampAuthorities: readonly TrustedAuthority[]
  /** The document as it was read. */
  readonly json: JsonObject
}

/**
 * Reads a `trusted_root.json`. Nothing is fetched: whoever gives the file decides that it is current.
 *
 * The key of every log must have a start of validity, or entries from before the key was trusted would count.
 *
 * @param bytes - UTF-8 JSON of at most 1 MiB, with at most 64 logs or authorities of a kind.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseTrustedRoot } from '@sealwright/sigstore'
 *
 * const { logs } = parseTrustedRoot(await readFile('trusted_root.json'))
 * for (const { baseUrl, keyId } of logs) console.log(baseUrl, keyId)
 * ```
 */
export function parseTrustedRoot(bytes: Uint8Array): TrustedRoot {
  const json = decodeJson(bytes, { label: LABEL, maxBytes: MAX_BYTES })
  if (!isJsonObject(json)) throw invalid('it is not an object')
  const { mediaType } = json
  if (typeof mediaType !== 'string' || !TYPE.test(mediaType)) throw invalid('it is of no known version')
  return {
    logs: listOf(json, 'tlogs').map(readLog),
    certificateLogs: listOf(json, 'ctlogs').map(readLog),
    certificateAuthorities: listOf(json, 'certificateAuthorities').map(readAuthority),
    timestampAuthorities: listOf(json, 'timestampAuthorities').map(readAuthority),
    json,
  }
}

function readLog(value: JsonValue, index: number): TrustedLog {
  const label = `log ${index + 1}`
  const log = object(value, label)
  const key = object(log.publicKey, `${label}, publicKey`)
  const period = readPeriod(key.validFor, label)
  if (period.start === undefined) throw invalid(`the key of ${label} has no start of validity`)
  bytesOf(key.rawBytes, `${label}, publicKey`)
  const { keyId } = object(log.checkpointKeyId ?? log.logId, `${label}, logId`)
  bytesOf(keyId, `${label}, logId`)
  return { baseUrl: textOf(log.baseUrl, `${label}, baseUrl`), keyId: keyId as string, ...period }
}

function readAuthority(value: JsonValue, index: number): TrustedAuthority {
  const label = `authority ${index + 1}`
  const authority = object(value, label)
  const { certificates } = object(authority.certChain, `${label}, certChain`)
  if (!Array.isArray(certificates) || certificates.length === 0 || certificates.length > MAX_CERTIFICATES)
    throw invalid(`${label} has no chain of 1 to ${MAX_CERTIFICATES} certificates`)
  return {
    uri: authority.uri === undefined ? '' : textOf(authority.uri, `${label}, uri`),
    chain: certificates.map((each: JsonValue, place) => {
      const name = `${label}, certificate ${place + 1}`
      return parseCertificate(bytesOf(object(each, name).rawBytes, name), `${LABEL}, ${name}`)
    }),
    ...readPeriod(authority.validFor, label),
  }
}

function readPeriod(value: JsonValue | undefined, label: string): TrustedPeriod {
  if (value === undefined || value === null) return {}
  const { start, end } = object(value, `${label}, validFor`)
  return { start: timeOf(start, label), end: timeOf(end, label) }
}

function timeOf(value: JsonValue | undefined, label: string): Date | undefined {
  if (value === undefined || value === null) return undefined
  const time = new Date(textOf(value, `${label}, validFor`))
  if (Number.isNaN(time.getTime())) throw invalid(`${label} has a validity that is not a time`)
  return time
}

function listOf(json: JsonObject, name: string): readonly JsonValue[] {
  const value = json[name] ?? []
  if (!Array.isArray(value)) throw invalid(`${name} is not a list`)
  if (value.length > MAX_AUTHORITIES) throw invalid(`${name} has more than ${MAX_AUTHORITIES} entries`)
  return value
}

function object(value: JsonValue | undefined, label: string): JsonObject {
  if (!isJsonObject(value)) throw invalid(`${label} is not an object`)
  return value
}

function textOf(value: JsonValue | undefined, label: string): string {
  if (typeof value !== 'string') throw invalid(`${label} is not text`)
  return value
}

function bytesOf(value: JsonValue | undefined, label: string): Uint8Array {
  const text = textOf(value, label)
  if (text === '') throw invalid(`${label} has no bytes`)
  return decodeBase64(text, `${LABEL}, ${label}`)
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL}: ${fault}`)
}
