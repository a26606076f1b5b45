import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificate, ocspRequest, parseCertificates } from '@sealwright/x509'
import { describe, expect, it } from 'vitest'
import { scratch } from '../../../test/services/scratch.ts'
import { revocationDifferences } from '../../x509/test/deliberate-differences.ts'
import { type RevocationOptions, revocationCache } from '../src/index.ts'
import {
  type CertificateRevocation,
  type ChainRevocationOptions,
  checkChainRevocation,
} from '../src/revocation/check-chain.ts'
import { RevocationSources } from '../src/revocation/revocation-sources.ts'
import { crlOf, delegatedResponder, hosts, ocspResponse } from './authorities.ts'
import { DAY, makeAuthority, makeParty, NOW, type Party } from './party.ts'
import { casesOf, needVectors, verdicts } from './vectors.ts'

const OCSP = 'http://ocsp.example'
const CRL = 'http://crl.example/ca.crl'

async function party(names: { ocspUrls?: string[]; crlUrls?: string[] }) {
  const authority = await makeAuthority('Acme')
  const signer = await makeParty({ organisation: 'Acme', authority, certificate: names })
  return { authority, signer, leaf: signer.chain[0]! }
}

interface Checking extends RevocationOptions, Partial<Omit<ChainRevocationOptions, 'session' | 'carried'>> {
  readonly offline?: boolean
  readonly carried?: { ocsp?: Uint8Array[]; crls?: Uint8Array[] }
  readonly sources?: RevocationSources
  readonly signal?: AbortSignal
  readonly remainingMs?: () => number
}

async function check(chain: readonly Certificate[], options: Checking): Promise<CertificateRevocation> {
  const { carried = {}, sources = new RevocationSources(options), offline, signal, remainingMs } = options
  const [result] = await checkChainRevocation(chain, {
    at: NOW,
    ...options,
    session: sources.open({ offline, signal, remainingMs }),
    carried: async () => ({ ocsp: carried.ocsp ?? [], crls: carried.crls ?? [] }),
  })
  return result!
}

describe('notary-verdicts, revocation', () => {
  needVectors()

  it.each(casesOf('revocation').map(found => [found.id, found] as const))(
    '%s is judged as by the reference',
    async (id, { files, params, expected }) => {
      const http = files.http as unknown as Readonly<Record<string, { status: number; body: string }>>
      const { fetch } = hosts(
        Object.fromEntries(
          Object.entries(http).map(([url, { status, body }]) => [
            url,
            () => (status === 200 ? readFileSync(join(verdicts, body)) : undefined),
          ]),
        ),
      )
      const chain = parseCertificates(readFileSync(join(verdicts, files.chain!)), id)
      const signingTime = params.authenticSigningTime as string | undefined
      const results = await checkChainRevocation(chain, {
        session: new RevocationSources({ fetch }).open({}),
        at: new Date(),
        authenticSigningTime: signingTime === undefined ? undefined : new Date(signingTime),
        carried: async () => ({ ocsp: [], crls: [] }),
      })
      const words = { good: 'ok', revoked: 'revoked', unknown: 'unknown', notRevocable: 'nonrevokable' }
      const found = [...results.map(({ status }) => words[status]), 'nonrevokable']
      if (revocationDifferences[id] === undefined)
        expect(found, results[0]?.why).toEqual(expected.result!.certificates)
      else expect(results[0]!.why).toMatch(revocationDifferences[id].message)
    },
  )
})

describe('checkChainRevocation', () => {
  it('asks the OCSP responder first, and no CRL where it tells', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch, asked } = hosts({ [OCSP]: body => ocspResponse(authority, body) })
    const { status, statement } = await check(signer.chain, { fetch })
    expect(status).toBe('good')
    expect(statement).toMatchObject({
      origin: 'network',
      url: OCSP,
      ders: [expect.any(Uint8Array)],
    })
    expect(statement!.status).toMatchObject({ source: 'ocsp', signer: authority.root.fingerprint })
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['does not know the certificate', 'unknown'],
    ['cannot be reached', undefined],
  ] as const)('asks the CRL where the responder %s', async (_, said) => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch } = hosts({
      [OCSP]: body => said && ocspResponse(authority, body, { status: said }),
      [CRL]: () => crlOf(authority),
    })
    const { status, statement } = await check(signer.chain, { fetch })
    expect([status, statement?.status.source]).toEqual(['good', 'crl'])
  })

  it('asks the next responder where one fails, and no other where one has answered', async () => {
    const urls = ['http://down.example', OCSP, 'http://never.example']
    const { authority, signer } = await party({ ocspUrls: urls })
    const { fetch, asked } = hosts({ [OCSP]: body => ocspResponse(authority, body, { status: 'revoked' }) })
    expect(await check(signer.chain, { fetch })).toMatchObject({ status: 'revoked' })
    expect(asked.map(line => new URL(line.split(' ')[1]!).host)).toEqual(['down.example', 'ocsp.example'])
  })

  it('tells what was tried where nothing tells', async () => {
    const { signer } = await party({ ocspUrls: [OCSP], crlUrls: ['ldap://ldap.example/ca', CRL] })
    const { fetch } = hosts({ [OCSP]: () => Buffer.from('garbage') })
    const { status, why } = await check(signer.chain, { fetch })
    expect(status).toBe('unknown')
    for (const part of [`${OCSP}: the OCSP response`, 'ldap:// is not a scheme', `${CRL}: `, 'status 404'])
      expect(why).toContain(part)
  })

  it('wants every CRL that a certificate names to say that it is good', async () => {
    const other = 'http://crl.example/other.crl'
    const { authority, signer, leaf } = await party({ crlUrls: [CRL, other] })
    const good = () => crlOf(authority)
    const one = await check(signer.chain, { fetch: hosts({ [CRL]: good }).fetch })
    expect(one.status).toBe('unknown')
    const both = await check(signer.chain, { fetch: hosts({ [CRL]: good, [other]: good }).fetch })
    expect(both.status).toBe('good')
    const bad = () => crlOf(authority, { revoked: [{ serialNumber: leaf.serialNumber }] })
    const revoked = await check(signer.chain, { fetch: hosts({ [other]: bad }).fetch })
    expect(revoked.status).toBe('revoked')
  })

  it('reads a cached or carried CRL once for all that need it at the same time', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const base = await crlOf(authority)
    let reads = 0
    const cache = {
      ...revocationCache({}),
      crl: async () => {
        reads++
        return { base }
      },
    }
    const sources = new RevocationSources({ cache })
    const results = await Promise.all(Array.from({ length: 8 }, () => check(signer.chain, { sources })))
    expect(results.map(({ status }) => status)).toEqual(new Array(8).fill('good'))
    expect(reads).toBe(1)
    const carrying = new RevocationSources({})
    const [first, second] = await Promise.all([
      carrying.carriedCrl(base, authority.root, new AbortController().signal),
      carrying.carriedCrl(base, authority.root, new AbortController().signal),
    ])
    expect(first).toBe(second)
  })

  it('fetches the delta CRL that a CRL names, and does without none', async () => {
    const delta = 'http://crl.example/delta.crl'
    const { authority, signer, leaf } = await party({ crlUrls: [CRL] })
    const base = () => crlOf(authority, { number: 5n, freshestCrlUrls: ['http://gone.example/d', delta] })
    const withDelta = (listed: { serialNumber: string }[]) =>
      hosts({ [CRL]: base, [delta]: () => crlOf(authority, { number: 6n, baseNumber: 5n, revoked: listed }) })
    expect((await check(signer.chain, withDelta([]))).status).toBe('good')
    expect((await check(signer.chain, withDelta([leaf]))).status).toBe('revoked')
    expect((await check(signer.chain, hosts({ [CRL]: base }))).status).toBe('unknown')
  })

  it('asks no private host that is not listed', async () => {
    const { authority, signer } = await party({ ocspUrls: ['http://127.0.0.1:1/ocsp'] })
    const { fetch, asked } = hosts({ 'http://127.0.0.1:1/ocsp': body => ocspResponse(authority, body) })
    const refused = await check(signer.chain, { fetch })
    expect([refused.status, asked]).toEqual(['unknown', []])
    expect(refused.why).toContain('private')
    expect((await check(signer.chain, { fetch, privateHosts: ['127.0.0.1'] })).status).toBe('good')
  })

  it('gives a host at most half of the time that is left, and names it', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch } = hosts({ [OCSP]: () => new Promise(() => {}), [CRL]: () => crlOf(authority) })
    const { status } = await check(signer.chain, { fetch, remainingMs: () => 200 })
    expect(status).toBe('good')
    const hangs = hosts({ [OCSP]: () => new Promise(() => {}) })
    const { why } = await check(signer.chain, { fetch: hangs.fetch, remainingMs: () => 200 })
    expect(why).toContain(`${OCSP}: it did not answer within 100 ms`)
  })

  it('makes one request for all who ask at the same time, and asks a host that failed not at once again', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const { fetch, asked } = hosts({ [CRL]: () => crlOf(authority) })
    const sources = new RevocationSources({ fetch })
    const all = await Promise.all(Array.from({ length: 20 }, () => check(signer.chain, { sources })))
    expect(all.every(({ status }) => status === 'good')).toBe(true)
    expect(asked).toHaveLength(2)
    expect((await check(signer.chain, { sources })).statement?.origin).toBe('cache')
    expect(asked).toHaveLength(2)
  })

  it('ends with the reason of the caller who gives up', async () => {
    const { signer } = await party({ ocspUrls: [OCSP] })
    const controller = new AbortController()
    const { fetch } = hosts({
      [OCSP]: () => {
        controller.abort(new Error('enough'))
        return new Promise(() => {})
      },
    })
    await expect(check(signer.chain, { fetch, signal: controller.signal })).rejects.toThrow('enough')
  })
})

describe('what came before', () => {
  async function cached() {
    const folder = await scratch('revocation')
    return revocationCache({ crl: join(folder, 'crl'), ocsp: join(folder, 'ocsp') })
  }

  it('is kept in the cache, and serves another verifier that is offline', async () => {
    const cache = await cached()
    const { authority, signer } = await party({ ocspUrls: [OCSP] })
    const byList = await makeParty({ organisation: 'Acme', authority, certificate: { crlUrls: [CRL] } })
    const { fetch } = hosts({
      [OCSP]: body => ocspResponse(authority, body),
      [CRL]: () => crlOf(authority),
    })
    for (const { chain } of [signer, byList]) {
      expect((await check(chain, { fetch, cache })).statement?.origin).toBe('network')
      expect((await check(chain, { fetch, cache, offline: true })).statement?.origin).toBe('cache')
      expect((await check(chain, { cache })).status).toBe('good')
    }
  })

  it('is not believed: an answer of another signer in the cache is asked for again', async () => {
    const cache = await cached()
    const { authority, signer } = await party({ crlUrls: [CRL] })
    await cache.storeCrl(CRL, { base: await crlOf(await makeAuthority('Other')) })
    const faults: string[] = []
    const { fetch } = hosts({ [CRL]: () => crlOf(authority) })
    const { status, statement } = await check(signer.chain, {
      fetch,
      cache,
      onCacheFault: ({ message }) => faults.push(message),
    })
    expect([status, statement?.origin]).toEqual(['good', 'network'])
    expect(faults).toHaveLength(1)
  })

  it('is asked for again once it is out of date', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const { fetch, asked } = hosts({ [CRL]: () => crlOf(authority) })
    const sources = new RevocationSources({ fetch })
    await check(signer.chain, { sources })
    const later = new Date(NOW.getTime() + 2 * DAY)
    expect((await check(signer.chain, { sources, at: later })).status).toBe('unknown')
    expect(asked).toHaveLength(2)
  })

  it('can fail: a cache that cannot be used is told of, and verification goes on', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const { fetch } = hosts({ [CRL]: () => crlOf(authority) })
    const faults: string[] = []
    const cache = revocationCache({ crl: '/dev/null/crl', ocsp: '/dev/null/ocsp' })
    const onCacheFault = ({ message }: Error) => faults.push(message)
    expect((await check(signer.chain, { fetch, cache, onCacheFault })).status).toBe('good')
    expect(faults).toEqual([expect.stringContaining('/dev/null/crl')])
  })
})

describe('what came with the signature', () => {
  const requestOf = ({ chain }: Party) => ocspRequest({ certificate: chain[0]!, issuer: chain[1]! })

  it('counts offline, and online where nobody answers', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP], crlUrls: [CRL] })
    const ocsp = [await ocspResponse(authority, requestOf(signer))]
    const crls = [await crlOf(await makeAuthority('Other')), await crlOf(authority)]
    for (const carried of [{ ocsp }, { crls }]) {
      const { fetch, asked } = hosts({})
      const offline = await check(signer.chain, { fetch, carried, offline: true })
      expect([offline.status, offline.statement?.origin, asked]).toEqual(['good', 'carried', []])
      expect((await check(signer.chain, { fetch, carried })).status).toBe('good')
    }
  })

  it('does not prove a responder good by its own response', async () => {
    const folder = await scratch('revocation')
    const cache = revocationCache({ crl: join(folder, 'crl'), ocsp: join(folder, 'ocsp') })
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const responder = await delegatedResponder(authority, CRL)
    await cache.storeCrl(CRL, { base: await crlOf(authority, { thisUpdate: new Date(NOW.getTime() - DAY) }) })
    const about = (subject: Party) =>
      ocspResponse(responder, requestOf(subject), { certificate: responder.chain[0]! })
    const ocsp = [await about(signer), await about(responder)]
    const { status, statement } = await check(signer.chain, { cache, carried: { ocsp }, offline: true })
    expect([status, statement?.origin, statement?.status.source]).toEqual(['good', 'carried', 'ocsp'])
  })

  it('does not count against what the network says', async () => {
    const { authority, signer } = await party({ ocspUrls: [OCSP] })
    const ocsp = [await ocspResponse(authority, requestOf(signer))]
    const { fetch } = hosts({ [OCSP]: body => ocspResponse(authority, body, { status: 'revoked' }) })
    expect((await check(signer.chain, { fetch, carried: { ocsp } })).status).toBe('revoked')
  })

  it('must be current', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const crls = [await crlOf(authority, { nextUpdate: new Date(NOW.getTime() - 60_000) })]
    const { status, why } = await check(signer.chain, { carried: { crls } })
    expect(status).toBe('unknown')
    expect(why).toContain('what came with the signature: ')
  })

  it('counts for a certificate that has expired if it was current when the signature was proven to exist', async () => {
    const { authority, signer, leaf } = await party({ crlUrls: [CRL] })
    const at = new Date(leaf.notAfter.getTime() + 100 * DAY)
    const carried = { crls: [await crlOf(authority)] }
    expect((await check(signer.chain, { carried, at })).status).toBe('unknown')
    const proven = await check(signer.chain, { carried, at, provenAt: NOW })
    expect([proven.status, proven.statement?.asOf]).toEqual(['good', NOW])
    const before = new Date(NOW.getTime() - 2 * DAY)
    expect((await check(signer.chain, { carried, at, provenAt: before })).status).toBe('unknown')
    // A certificate that is valid now can be asked about now.
    const valid = new Date(NOW.getTime() + 2 * DAY)
    expect((await check(signer.chain, { carried, at: valid, provenAt: NOW })).status).toBe('unknown')
  })

  it('reads a delta CRL with its base', async () => {
    const { authority, signer, leaf } = await party({ crlUrls: [CRL] })
    const base = await crlOf(authority, { number: 5n, freshestCrlUrls: ['http://crl.example/delta'] })
    const delta = (listed: Certificate[]) => crlOf(authority, { number: 6n, baseNumber: 5n, revoked: listed })
    const status = async (...crls: Uint8Array[]) => (await check(signer.chain, { carried: { crls } })).status
    expect(await status(base)).toBe('unknown')
    expect(await status(base, await delta([]))).toBe('good')
    expect(await status(await delta([leaf]), base)).toBe('revoked')
  })
})

describe('as of another time', () => {
  it('a certificate that was revoked later was good then', async () => {
    const { authority, signer, leaf } = await party({ crlUrls: [CRL], ocspUrls: [] })
    const revokedAt = new Date(NOW.getTime() - DAY)
    const list = () => crlOf(authority, { revoked: [{ serialNumber: leaf.serialNumber, revokedAt }] })
    const { fetch } = hosts({ [CRL]: list })
    const then = (days: number) => ({ fetch, now: NOW, at: new Date(NOW.getTime() - days * DAY) })
    expect((await check(signer.chain, then(2))).status).toBe('good')
    expect((await check(signer.chain, then(0.5))).status).toBe('revoked')
    expect((await check(signer.chain, { fetch, at: NOW })).status).toBe('revoked')
  })

  it('what is from later than now tells nothing', async () => {
    const { authority, signer } = await party({ crlUrls: [CRL] })
    const thisUpdate = new Date(NOW.getTime() + 3_600_000)
    const { fetch } = hosts({ [CRL]: () => crlOf(authority, { thisUpdate }) })
    const at = new Date(NOW.getTime() - DAY)
    expect((await check(signer.chain, { fetch, now: NOW, at })).status).toBe('unknown')
  })
})
