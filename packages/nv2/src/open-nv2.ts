import { isSealwrightError, type UnverifiedEnvelope } from '@sealwright/core'
import { decodeJson, isJsonObject } from '@sealwright/core/encoding'
import type { Nv2Attributes, Nv2Content, Nv2FirstContent } from './claims.ts'
import { MAX_ENVELOPE_BYTES } from './limits.ts'
import { nv2, nv2First } from './nv2.ts'
import { nv2Jwt } from './nv2-jwt.ts'

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+\s*$/
const MAX_TOKEN_BYTES = 1024 * 1024

/** The forms of an nv2 signature: the overview's JSON, the prototype's first JSON, its token. */
export type Nv2Form = 'json' | 'first-json' | 'jwt'

/** An nv2 signature of any form. Nothing in it is verified. */
export interface OpenedNv2 {
  readonly form: Nv2Form
  /** As a registry stores it. */
  readonly mediaType: string
  /** Exactly one signature. */
  readonly envelope: UnverifiedEnvelope<Nv2Content | Nv2FirstContent, Nv2Attributes>
}

/**
 * Reads an nv2 signature of any form, as strictly as the reader of that form.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openNv2 } from '@sealwright/nv2'
 *
 * const opened = openNv2(await readFile('signature.json'))
 * opened.envelope.content().digest // 'sha256:…'
 * ```
 */
export function openNv2(bytes: Uint8Array): OpenedNv2 {
  // A token has dots and letters of base64url only, and begins with the base64url of a brace.
  if (bytes[0] === 0x65) return { form: 'jwt', mediaType: nv2Jwt.mediaType, envelope: nv2Jwt.open(bytes) }
  const form = isTyped(bytes) ? 'json' : 'first-json'
  const format = form === 'json' ? nv2 : nv2First
  return { form, mediaType: format.mediaType, envelope: format.open(bytes) }
}

/**
 * Returns the media type of an nv2 signature by its content, for bytes in a file, of which nobody says it. `undefined` for
 * anything else; whether it is sound, {@link openNv2} says.
 */
export function nv2TypeOf(bytes: Uint8Array): string | undefined {
  const isToken = bytes[0] === 0x65 && bytes.byteLength <= MAX_TOKEN_BYTES
  if (isToken) return TOKEN.test(Buffer.from(bytes).toString('latin1')) ? nv2Jwt.mediaType : undefined
  try {
    const value = decodeJson(bytes, { label: 'nv2 envelope', maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 16 })
    const hasBoth = isJsonObject(value) && value.signed !== undefined && value.signature !== undefined
    return hasBoth ? nv2.mediaType : undefined
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

function isTyped(bytes: Uint8Array): boolean {
  const value = decodeJson(bytes, { label: 'nv2 envelope', maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 4 })
  const signed = isJsonObject(value) ? value.signed : undefined
  return isJsonObject(signed) && signed.mediaType !== undefined
}
