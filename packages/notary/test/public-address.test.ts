import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { isPublicAddress, publicLookup } from '../src/index.ts'
import { urlFault } from '../src/revocation/public-address.ts'

describe('isPublicAddress', () => {
  it.each([
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '0.0.0.0', '::']],
    ['private', ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fc00::1', 'fdff::1']],
    ['link-local', ['169.254.169.254', 'fe80::1', 'febf::1']],
    ['shared and multicast', ['100.64.0.1', '100.127.255.255', '224.0.0.1', '255.255.255.255', 'ff02::1']],
    ['an IPv4 address inside an IPv6 one', ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::127.0.0.1']],
    ['NAT64, 6to4 and Teredo', ['64:ff9b::10.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::']],
    ['not an address', ['', 'localhost', '1.2.3', '127.1', '2130706433', '[2a00::1]', 'fe80::1%eth0']],
  ])('refuses %s', (_, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([])
  })

  it('takes public ones, also through NAT64', () => {
    const addresses = ['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '64:ff9b::1.1.1.1']
    expect(addresses.filter(address => !isPublicAddress(address))).toEqual([])
  })

  it('never throws and never takes what is not an address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), text => {
        expect(isPublicAddress(text) && isIP(text) === 0).toBe(false)
      }),
      { numRuns },
    )
  })
})

describe('a URL that a certificate names', () => {
  const fault = (url: string, ...privateHosts: string[]) => urlFault(new URL(url), privateHosts)

  it.each([
    'ldap://ldap.example/cn=ca',
    'file:///etc/passwd',
    'ftp://ca.example/crl',
    'http://user:password@ca.example/',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://localhost/',
    'http://a.localhost./',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
  ])('is refused: %s', url => {
    expect(fault(url)?.why).toBeTypeOf('string')
  })

  it('is taken on a public host, and on a private one that is listed', () => {
    expect(fault('http://ocsp.example/a')).toBeUndefined()
    expect(fault('https://1.1.1.1:8080/crl')).toBeUndefined()
    expect(fault('http://127.0.0.1:8080/', '127.0.0.1')).toBeUndefined()
    expect(fault('http://[::1]/', '::1')).toBeUndefined()
    expect(fault('http://LOCALHOST./', 'localhost')).toBeUndefined()
    expect(fault('http://127.0.0.1/', '127.0.0.2')?.fix).toContain(
      'add "127.0.0.1" to revocation.privateHosts',
    )
  })
})

describe('publicLookup', () => {
  const answering =
    (...addresses: string[]) =>
    (_: string, __: object, callback: (error: null, found: { address: string; family: number }[]) => void) =>
      callback(
        null,
        addresses.map(address => ({ address, family: isIP(address) })),
      )

  const resolved = (addresses: string[], all: boolean, privateHosts: string[] = []) =>
    new Promise<unknown>((resolve, reject) => {
      publicLookup({ privateHosts }, answering(...addresses))('ocsp.example', { all }, (error, found) =>
        error ? reject(error) : resolve(found),
      )
    })

  it('leaves out the private addresses of a name, and fails where no other is left', async () => {
    await expect(resolved(['10.0.0.1', '1.1.1.1'], true)).resolves.toEqual([
      { address: '1.1.1.1', family: 4 },
    ])
    await expect(resolved(['10.0.0.1', '1.1.1.1'], false)).resolves.toBe('1.1.1.1')
    await expect(resolved(['10.0.0.1', '::1'], true)).rejects.toSatisfy(isSealwrightError)
    await expect(resolved(['10.0.0.1'], false, ['ocsp.example'])).resolves.toBe('10.0.0.1')
  })

  it('keeps a client of Node from connecting to a name of this machine', async () => {
    let asked = 0
    const server = createServer((_, answer) => {
      asked++
      answer.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const ask = (privateHosts: string[]) =>
      once(request({ host: 'localhost', port, lookup: publicLookup({ privateHosts }) }).end(), 'response')
    await expect(ask([])).rejects.toMatchObject({ code: 'UNAVAILABLE', message: 'localhost is not asked' })
    expect(asked).toBe(0)
    const [answer] = await ask(['localhost'])
    answer.resume()
    expect(asked).toBe(1)
    server.close()
    server.closeAllConnections()
  })
})
