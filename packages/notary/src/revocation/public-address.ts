import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { SealwrightError } from '@sealwright/core'

/** IANA special-purpose registries (RFC 6890): addresses that are not reached over the public internet. */
const NOT_PUBLIC: readonly (readonly [net: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
  // Of IPv6 only 2000::/3 is public; within it, these are not. 6to4 and Teredo hold an IPv4 address.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]
/** NAT64 (RFC 6052): an IPv4 address in the last 32 bits, by which IPv6-only networks reach the IPv4 internet. */
const NAT64 = '64:ff9b::'

const notPublic = new BlockList()
for (const [net, prefix] of NOT_PUBLIC) notPublic.addSubnet(net, prefix, net.includes(':') ? 'ipv6' : 'ipv4')
const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')
const nat64 = new BlockList()
nat64.addSubnet(NAT64, 96, 'ipv6')

/**
 * Returns whether an IP address is one of the public internet: not loopback, link-local, private, shared, multicast or
 * reserved. An IPv4 address within an IPv6 address counts as itself.
 *
 * @param address - Of either family, without brackets or a zone.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !notPublic.check(address, 'ipv4')
  if (family !== 6) return false
  if (nat64.check(address, 'ipv6')) return isPublicAddress(lastFourBytes(address))
  return globalUnicast.check(address, 'ipv6') && !notPublic.check(address, 'ipv6')
}

/** As a URL spells it, the last two groups hold the IPv4 address; a group of zeros may be left out before them. */
function lastFourBytes(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':')
  const [high, low] = groups.slice(-2).map(group => Number.parseInt(group || '0', 16))
  return [high! >> 8, high! & 255, low! >> 8, low! & 255].join('.')
}

/**
 * Returns why a URL that a certificate names is not to be asked, before any connection: its scheme is not http or https, it
 * carries a password, or its host is a private address or a name of this machine that is not among `privateHosts`.
 */
export function urlFault(
  url: URL,
  privateHosts: readonly string[],
): { readonly why: string; readonly fix?: string | undefined } | undefined {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { why: `${url.protocol}// is not a scheme that is asked; http:// and https:// are` }
  if (url.username !== '' || url.password !== '') return { why: 'the URL holds a user name or a password' }
  if (isListed(url.hostname, privateHosts)) return undefined
  const address = url.hostname.replace(/^\[|\]$/g, '')
  const isPrivate =
    isIP(address) === 0 ? /^(?:.*\.)?localhost\.?$/.test(url.hostname) : !isPublicAddress(address)
  return isPrivate ? privateFault(address) : undefined
}

function privateFault(host: string): { readonly why: string; readonly fix: string } {
  return {
    why: `${host} has a private address, and is not among the private hosts`,
    fix: `if it is the host of your own authority, add ${JSON.stringify(host)} to revocation.privateHosts`,
  }
}

function isListed(host: string, privateHosts: readonly string[]): boolean {
  const bare = (name: string): string => name.toLowerCase().replace(/^\[|\]$|\.$/g, '')
  return privateHosts.some(listed => bare(listed) === bare(host))
}

type ResolveAll = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Returns the `lookup` for a client that asks hosts which a certificate names: a name resolves to its public addresses
 * only, and the connection goes to an address that was checked. Names in `privateHosts` resolve to all of theirs.
 *
 * @param resolve - For tests. Default: `lookup` of `node:dns`.
 *
 * @example
 * ```ts
 * import { publicLookup } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const fetch = httpFetch({ lookup: publicLookup({ privateHosts: ['ocsp.acme.internal'] }) })
 * ```
 */
export function publicLookup(
  { privateHosts = [] }: { readonly privateHosts?: readonly string[] | undefined } = {},
  resolve: ResolveAll = systemLookup,
): LookupFunction {
  return (hostname, options, callback) => {
    const { all: wantsAll, ...rest } = options
    resolve(hostname, { ...rest, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      const allowed = isListed(hostname, privateHosts)
        ? found
        : found.filter(({ address }) => isPublicAddress(address))
      const [first] = allowed
      if (first === undefined)
        return callback(
          new SealwrightError('UNAVAILABLE', `${hostname} is not asked`, privateFault(hostname)),
          '',
        )
      if (wantsAll) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}
