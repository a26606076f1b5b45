import type { Call } from '@sealwright/core'
import type { OnResponse } from './reply.ts'
import type { Way } from './transport.ts'
import type { KeyVersion } from './vault.ts'

/** The oldest of the versions that are supported: all clouds know it. */
const API_VERSION = '7.4'

/**
 * Reads the secret that Key Vault keeps with a certificate, without the SDK of secrets: it is one GET, sent as
 * the certificate was just asked for.
 *
 * @throws As the SDK does: an error with `statusCode` and `details`.
 */
export async function readSecret(
  way: Way,
  { name, version }: KeyVersion,
  onResponse: OnResponse,
  call: Call,
): Promise<void> {
  const path = `/secrets/${name}/${version}?api-version=${API_VERSION}`
  const response = await way.get(path, call.signal)
  const { status, headers } = response
  const body = parsed(response.bodyAsText ?? '')
  if (status === 200) return onResponse({ status, headers, parsedBody: body })
  throw Object.assign(new Error('the secret was not read'), {
    name: 'RestError',
    statusCode: status,
    details: detailsOf(body),
    response: { headers },
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface WireError {
  readonly code?: unknown
  readonly innererror?: WireError
}

function detailsOf(body: unknown): object | undefined {
  const error = (body as { error?: WireError } | undefined)?.error
  if (error === undefined) return undefined
  const inner = error.innererror
  return { error: { code: error.code, ...(inner ? { innerError: { code: inner.code } } : {}) } }
}
