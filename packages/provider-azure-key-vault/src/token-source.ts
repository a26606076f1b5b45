import { SealwrightError } from '@sealwright/core'
import type { AzureAccessToken, AzureCredential } from './options.ts'

/** How long before its end a token is not given out any more. */
const MARGIN_MS = 5 * 60_000

/** A credential whose tokens are kept: some of the SDK's run a program for each, and every client asks for its own. */
export interface TokenSource extends AzureCredential {
  /** The class of the credential. */
  readonly source: string
  getToken(...request: Parameters<AzureCredential['getToken']>): Promise<AzureAccessToken>
  /** The token that was given out last. */
  latest(): string | undefined
}

interface Flight {
  readonly token: Promise<AzureAccessToken>
  readonly controller: AbortController
  waiting: number
}

export function tokenSource(credential: AzureCredential): TokenSource {
  const kept = new Map<string, AzureAccessToken>()
  const flights = new Map<string, Flight>()
  let latest: string | undefined

  const fetch = async (
    scopes: string | string[],
    options: object,
    { signal: abortSignal }: AbortController,
  ): Promise<AzureAccessToken> => {
    const token = await credential.getToken(scopes, { ...options, abortSignal })
    if (token !== null) return token
    throw new SealwrightError('UNAUTHENTICATED', 'the Azure credential returned no token')
  }

  return {
    source: credential.constructor?.name ?? 'Object',
    latest: () => latest,
    getToken: async (scopes, { abortSignal, tenantId, claims, enableCae } = {}) => {
      const options = { tenantId, claims, enableCae }
      const id = JSON.stringify([scopes, tenantId])
      const found = kept.get(id)
      if (claims === undefined && found !== undefined && isFresh(found)) return found
      const flightId = JSON.stringify([id, claims])
      let flight = flights.get(flightId)
      if (flight === undefined) {
        const controller = new AbortController()
        flight = { token: fetch(scopes, options, controller), controller, waiting: 0 }
        flights.set(flightId, flight)
      }
      try {
        const token = await waitFor(flight, abortSignal)
        kept.set(id, token)
        latest = token.token
        return token
      } finally {
        if (flights.get(flightId) === flight) flights.delete(flightId)
      }
    },
  }
}

/** One caller's wait; when the last one goes, so does the request. */
async function waitFor(flight: Flight, signal: AbortSignal | undefined): Promise<AzureAccessToken> {
  flight.waiting++
  let abort: (() => void) | undefined
  try {
    return await new Promise((resolve, reject) => {
      flight.token.then(resolve, reject)
      abort = () => reject(Object.assign(new Error('the request was aborted'), { name: 'AbortError' }))
      if (signal?.aborted) abort()
      signal?.addEventListener('abort', abort)
    })
  } finally {
    if (abort !== undefined) signal?.removeEventListener('abort', abort)
    if (--flight.waiting === 0) flight.controller.abort()
  }
}

function isFresh({
  expiresOnTimestamp,
  refreshAfterTimestamp = Number.POSITIVE_INFINITY,
}: AzureAccessToken): boolean {
  return Date.now() < Math.min(expiresOnTimestamp - MARGIN_MS, refreshAfterTimestamp)
}
