import { SealwrightError } from '../errors.ts'
import { isLoopback } from './loopback.ts'

/** The variables that say which proxy leads where, such as `process.env`. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>

/** A proxy that the environment names. */
export interface HttpProxy {
  /** With user name and password, if it has them. */
  readonly url: URL
  /** What named it: `HTTPS_PROXY`. */
  readonly variable: string
}

/**
 * Returns the proxy for a URL as curl and programs in Go choose it: by `HTTPS_PROXY` or `HTTP_PROXY`, in capitals or not, a
 * value without a scheme being http; none for what `NO_PROXY` names by host, domain, address or range (CIDR), with a port or
 * without, or by `*`, and none to this machine.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming the variable, for a value that is not the address of a proxy;
 *   `UNSUPPORTED` for a proxy that does not speak HTTP (SOCKS).
 */
export function proxyFor(url: URL, env: ProxyEnv): HttpProxy | undefined {
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const variable = env[name.toLowerCase()]?.trim() ? name.toLowerCase() : name
  const value = env[variable]?.trim()
  if (!value || isLoopback(url) || isExempt(url, env.no_proxy?.trim() || env.NO_PROXY || '')) return undefined
  return { url: proxyUrl(value, variable), variable }
}

function proxyUrl(value: string, variable: string): URL {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase()
  const refused = (why: string) =>
    // The value may hold a password, and is not shown.
    new SealwrightError('VALIDATION', `${variable} is not the address of a proxy`, {
      why,
      fix: `set ${variable} to http://HOST:PORT, or unset it`,
    })
  if (scheme?.startsWith('socks')) {
    throw new SealwrightError('UNSUPPORTED', `the proxy in ${variable} cannot be used`, {
      why: `it is a SOCKS proxy (${scheme}://), and only HTTP proxies are supported`,
      fix: `set ${variable} to http://HOST:PORT of an HTTP proxy, or unset it`,
    })
  }
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw refused(`it begins with ${scheme}://, expected http:// or https://`)
  }
  // A URL would drop line breaks and tabs without a word.
  if (/[\s\p{Cc}]/u.test(value)) throw refused('it has a space or a line break in it')
  const text = scheme === undefined ? `http://${value}` : value
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '')
    throw refused('it has no host, or a port that is not a number')
  if (text.startsWith('http:///') || url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw refused('it has a path, and the address of a proxy is a host and a port')
  return url
}

/** Whether `NO_PROXY` names the host of a URL. */
function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.split(/[\s,]+/).some(entry => entry !== '' && names(entry.toLowerCase(), host, port))
}

function names(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, range, bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? []
  if (range !== undefined) return isWithin(range, Number(bits), host)
  const isAddress = bytesOf(entry)?.length === 16
  const [, name = '', wanted] = isAddress
    ? ['', entry]
    : (/^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [])
  if (wanted !== undefined && wanted !== port) return false
  const bare = name.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (bare === '') return false
  const address = bytesOf(bare)
  if (address !== undefined) return isWithin(bare, address.length * 8, host)
  const domain = bare.replace(/^\*?\./, '')
  return (bare === domain && host === domain) || host.endsWith(`.${domain}`)
}

function isWithin(range: string, bits: number, host: string): boolean {
  const network = bytesOf(range)
  const address = bytesOf(host)
  if (network === undefined || network.length !== address?.length || bits > network.length * 8) return false
  return network.every((byte, index) => {
    const mask = (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff
    return (byte & mask) === (address[index]! & mask)
  })
}

/** The 4 or 16 bytes of an address; nothing for a name. */
function bytesOf(text: string): readonly number[] | undefined {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split('.').map(Number)
    return bytes.every(byte => byte <= 255) ? bytes : undefined
  }
  const url = `http://[${text}]/`
  if (!text.includes(':') || !URL.canParse(url)) return undefined
  // A URL prints an IPv6 address in groups of up to four digits, with one run of zeros left out.
  const [head = '', tail] = new URL(url).hostname.slice(1, -1).split('::')
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const all = [...first, ...new Array(8 - first.length - last.length).fill(0), ...last]
  return all.flatMap(group => [group >> 8, group & 0xff])
}
