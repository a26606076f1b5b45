import { type Channel, channel } from 'node:diagnostics_channel'

/** One request and what came of it, as subscribers of the channel `sealwright:http` are told: without any secret. */
export interface HttpTrace {
  readonly method: string
  /** Where it went. Of a query only values that tell nothing are shown. */
  readonly url: string
  /** None where no answer came. */
  readonly status?: number | undefined
  /** The code of the failure: `ECONNREFUSED`. */
  readonly failure?: string | undefined
  /** Until the headers of the answer, or all of it where it is read at once. */
  readonly durationMs: number
  readonly requestId?: string | undefined
  /** Those that are known to hold no secret; of `authorization` the scheme alone. */
  readonly requestHeaders: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

export interface Traced {
  readonly method: string
  readonly url: string
  readonly requestHeaders: Readonly<Record<string, string>>
  /** By `performance.now()`. */
  readonly started: number
  readonly answer?: { readonly status: number; readonly headers: Iterable<readonly [string, string]> }
  readonly error?: unknown | undefined
  /** Takes out secrets that a server may have repeated. */
  readonly redact?: ((text: string) => string) | undefined
}

const requests: Channel = channel('sealwright:http')

/** Whether anybody wants to know. */
export function isHttpTraced(): boolean {
  return requests.hasSubscribers
}

/** Tells the subscribers of a request. */
export function traceHttp({ method, url, requestHeaders, started, answer, error, redact }: Traced): void {
  if (!requests.hasSubscribers) return
  const shown = redact ?? (text => text)
  const answered = Object.fromEntries(answer?.headers ?? [])
  const headers = shownHeaders(answered, shown)
  const id = REQUEST_IDS.map(name => headers[name]).find(value => value !== undefined)
  const trace: HttpTrace = {
    method,
    url: shown(shownUrl(url)),
    durationMs: Math.round(performance.now() - started),
    requestHeaders: shownHeaders(requestHeaders, text => text),
    headers,
    status: answer?.status,
    failure: error === undefined ? undefined : codeOf(error),
    requestId: id,
  }
  requests.publish(trace)
}

/** The headers in which servers give a request an id. */
export const REQUEST_IDS: readonly string[] = [
  'x-request-id',
  'x-amzn-requestid',
  'x-ms-request-id',
  'x-ms-correlation-request-id',
  'x-goog-request-id',
]

const SHOWN_HEADERS: ReadonlySet<string> = new Set([
  ...REQUEST_IDS,
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'docker-content-digest',
  'docker-distribution-api-version',
  'docker-upload-uuid',
  'etag',
  'if-match',
  'if-none-match',
  'link',
  'location',
  'oci-chunk-min-length',
  'oci-filters-applied',
  'oci-subject',
  'range',
  'ratelimit-limit',
  'ratelimit-remaining',
  'retry-after',
  'server',
  'user-agent',
  'via',
  'warning',
  'www-authenticate',
  'x-amz-target',
])

/** Members of a query that say what is asked for; any other may be a signature or a token. */
const SHOWN_QUERY: ReadonlySet<string> = new Set([
  'api-version',
  'artifactType',
  'digest',
  'from',
  'last',
  'list',
  'maxresults',
  'mount',
  'n',
  'page_size',
  'scope',
  'service',
])

function shownHeaders(
  headers: Readonly<Record<string, string>>,
  redact: (text: string) => string,
): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    if (key === 'authorization') shown[key] = `${/^[\w-]{1,40}(?= )/.exec(value)?.[0] ?? ''} …`.trim()
    else if (key === 'location') shown[key] = redact(shownUrl(value))
    else if (key === 'link')
      shown[key] = redact(value.replace(/<([^>]*)>/g, (_, url: string) => `<${shownUrl(url)}>`))
    else if (SHOWN_HEADERS.has(key)) shown[key] = redact(value)
  }
  return shown
}

/** Without a user, a fragment, and what in a query has no name or a name that may be that of a secret. */
function shownUrl(text: string): string {
  const [whole = ''] = text.split('#', 1)
  const [place = '', query] = whole.split(/\?(.*)/s, 2)
  const bare = place.replace(/^((?:[a-z][a-z0-9+.-]{0,31}:)?\/\/)[^/]*@/i, '$1')
  if (query === undefined) return bare
  const members = query.split('&').map(member => {
    const [name = '', value] = member.split('=', 2)
    if (value !== undefined && SHOWN_QUERY.has(name)) return member
    // A token without a name, which URLSearchParams takes for a name without a value.
    if (!value) return '…'
    return /^[\w.~-]{1,64}$/.test(name) ? `${name}=…` : '…'
  })
  return `${bare}?${members.join('&')}`
}

function codeOf(error: unknown): string {
  const { code, cause, name } = (error ?? {}) as {
    code?: unknown
    cause?: { code?: unknown }
    name?: unknown
  }
  const found = [cause?.code, code, name].find(each => typeof each === 'string')
  return String(found ?? 'failed')
}
