import { readTimestampToken } from '@sealwright/x509'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { requestTimestamp } from '../src/index.ts'
import { crlOf, hosts, timestampResponse } from './authorities.ts'
import { DAY, makeAuthority, makeParty, NOW } from './party.ts'

const URL_OF_TSA = 'http://tsa.example/'
const MESSAGE = Buffer.from('signature')

async function authority() {
  const root = await makeAuthority('Time')
  const certificate = { purpose: 'timestamping' as const, subject: 'C=DE,ST=Hessen,O=Time,CN=tsa' }
  return { root, tsa: await makeParty({ organisation: 'Time', authority: root, certificate }) }
}

describe('requestTimestamp', () => {
  it('asks the next authority where one fails, and verifies what it gets', async () => {
    const { root, tsa } = await authority()
    const { fetch, asked } = hosts({ [URL_OF_TSA]: query => timestampResponse(tsa, query) })
    const urls = ['http://down.example/', URL_OF_TSA]
    const obtained = await requestTimestamp(MESSAGE, { fetch, urls, roots: [root.root], algorithm: 'ES384' })
    expect([obtained.url, asked]).toEqual([URL_OF_TSA, urls.map(url => `POST ${url}`)])
    expect(obtained.failures).toEqual([{ url: urls[0], why: 'it answered with status 404' }])
    expect(obtained.chain.map(({ fingerprint }) => fingerprint)).toEqual(
      tsa.chain.map(({ fingerprint }) => fingerprint),
    )
    expect(readTimestampToken(obtained.token).imprint.hash).toBe('sha384')
  })

  it('takes no token of an authority that no root vouches for, of another request, or none', async () => {
    const { root, tsa } = await authority()
    const other = await makeAuthority('Other')
    let first: Uint8Array | undefined
    const { fetch } = hosts({
      [URL_OF_TSA]: async query => {
        first ??= await timestampResponse(tsa, query)
        return first
      },
      'http://garbage.example/': () => Buffer.from('garbage'),
    })
    const ask = (url: string, { root: trusted } = root) =>
      requestTimestamp(MESSAGE, { fetch, urls: [url], roots: [trusted], algorithm: 'ES256' })
    await expect(ask(URL_OF_TSA, other)).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(ask(URL_OF_TSA)).rejects.toMatchObject({
      code: 'INTEGRITY',
      message: 'no timestamp could be had',
      why: expect.stringContaining(URL_OF_TSA),
    })
    await expect(ask('http://garbage.example/')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringMatching(/^http:\/\/garbage\.example\/: timestamp response: /),
    })
    await expect(ask('ldap://tsa.example')).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('asks an authority again that is down for a moment, unless there is another one', async () => {
    const { root, tsa } = await authority()
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      asked.push(String(input))
      if (asked.length === 1) return new Response(null, { status: 503 })
      return new Response(new Uint8Array(await timestampResponse(tsa, init!.body as Uint8Array)))
    }
    const obtaining = (urls: readonly string[]) =>
      requestTimestamp(MESSAGE, { fetch, urls, roots: [root.root], algorithm: 'ES256', clock: () => NOW })
    const random = vi.spyOn(Math, 'random').mockReturnValue(0)
    onTestFinished(() => random.mockRestore())
    expect(await obtaining([URL_OF_TSA])).toMatchObject({ url: URL_OF_TSA, failures: [] })
    const down = 'http://down.example/'
    expect(asked.splice(0)).toEqual([URL_OF_TSA, URL_OF_TSA])
    expect(await obtaining([down, URL_OF_TSA])).toMatchObject({ url: URL_OF_TSA })
    expect(asked).toEqual([down, URL_OF_TSA])
  })

  it('gives each authority its share of the time, and names each that did not answer', async () => {
    const { root } = await authority()
    const hang = () => new Promise<Uint8Array>(() => {})
    const urls = ['http://one.example/', 'http://two.example/']
    const { fetch } = hosts({ [urls[0]!]: hang, [urls[1]!]: hang })
    const left = [90, 50]
    const asking = requestTimestamp(MESSAGE, {
      fetch,
      urls,
      roots: [root.root],
      algorithm: 'ES256',
      remainingMs: () => left.shift()!,
    })
    await expect(asking).rejects.toMatchObject({
      code: 'TIMEOUT',
      why: 'http://one.example/: it did not answer within 30 ms; http://two.example/: it did not answer within 25 ms',
    })
  })

  it('fails with what may be gone at the next attempt', async () => {
    const { root, tsa } = await authority()
    const other = await makeAuthority('Other')
    const { fetch } = hosts({ [URL_OF_TSA]: query => timestampResponse(tsa, query) })
    const urls = [URL_OF_TSA, 'http://down.example/', URL_OF_TSA]
    const options = { fetch, urls, algorithm: 'ES256' } as const
    await expect(requestTimestamp(MESSAGE, { ...options, roots: [other.root] })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    })
    expect((await requestTimestamp(MESSAGE, { ...options, roots: [root.root] })).failures).toEqual([])
  })

  it('takes no token that vouches for no certificate of the signer, or from the future', async () => {
    const { root, tsa } = await authority()
    const { chain } = await makeParty({ organisation: 'Acme' })
    const expired = new Date(NOW.getTime() + 31 * DAY)
    const ask = (genTime: Date, clock: Date) =>
      requestTimestamp(MESSAGE, {
        fetch: hosts({ [URL_OF_TSA]: query => timestampResponse(tsa, query, { genTime }) }).fetch,
        urls: [URL_OF_TSA],
        roots: [root.root],
        algorithm: 'ES256',
        chain,
        clock: () => clock,
      })
    expect((await ask(NOW, expired)).genTime).toEqual(NOW)
    await expect(ask(new Date(NOW.getTime() + 29 * DAY), NOW)).rejects.toMatchObject({
      why: expect.stringContaining('the timestamp is from the future: 2026-06-30T12:00:00Z'),
    })
    const early = new Date(NOW.getTime() - 29.5 * DAY)
    const tooEarly = await makeParty({
      organisation: 'Acme',
      certificate: { notBefore: new Date(NOW.getTime() - DAY) },
    })
    const asking = requestTimestamp(MESSAGE, {
      fetch: hosts({ [URL_OF_TSA]: query => timestampResponse(tsa, query, { genTime: early }) }).fetch,
      urls: [URL_OF_TSA],
      roots: [root.root],
      algorithm: 'ES256',
      chain: tooEarly.chain,
      clock: () => NOW,
    })
    await expect(asking).rejects.toMatchObject({
      code: 'VALIDATION',
      why: expect.stringContaining('the timestamp does not vouch for certificate CN=release'),
    })
  })

  it('takes no token of an authority that was revoked, or of which that cannot be told', async () => {
    const CRL = 'http://crl.example/tsa.crl'
    const root = await makeAuthority('Time')
    const certificate = {
      purpose: 'timestamping' as const,
      subject: 'C=DE,ST=Hessen,O=Time,CN=tsa',
      crlUrls: [CRL],
    }
    const tsa = await makeParty({ organisation: 'Time', authority: root, certificate })
    const ask = (crl?: () => Promise<Uint8Array>) => {
      const { fetch } = hosts({
        [URL_OF_TSA]: query => timestampResponse(tsa, query),
        ...(crl && { [CRL]: crl }),
      })
      return requestTimestamp(MESSAGE, {
        fetch,
        urls: [URL_OF_TSA],
        roots: [root.root],
        algorithm: 'ES256',
        revocation: { fetch },
        clock: () => NOW,
      })
    }
    expect((await ask(() => crlOf(root))).url).toBe(URL_OF_TSA)
    await expect(ask(() => crlOf(root, { revoked: [tsa.chain[0]!] }))).rejects.toMatchObject({
      code: 'VALIDATION',
      why: expect.stringContaining('CN=tsa,O=Time,ST=Hessen,C=DE was revoked'),
    })
    await expect(ask()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining(CRL),
    })
  })
})
