import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import {
  type Certificate,
  type Crl,
  judgeCrl,
  judgeOcsp,
  MAX_CRL_BYTES,
  ocspRequest,
  ocspUrl,
  parseCertificates,
  type RevocationStatus,
  readCrl,
  statusWhenSigned,
} from '../src/index.ts'
import { revocationDifferences } from './deliberate-differences.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const FOLDER = join(resolve(ROOT, process.env.SEALWRIGHT_VECTORS ?? '../shared/vectors'), 'notary-verdicts')
const isThere = existsSync(join(FOLDER, 'cases.jsonl'))

interface RevocationCase {
  readonly id: string
  readonly kind: string
  readonly note: string
  readonly files: {
    readonly chain: string
    readonly http: Readonly<Record<string, { readonly status: number; readonly body: string }>>
  }
  readonly params?: { readonly authenticSigningTime?: string }
  readonly expected: {
    readonly outcome: 'accept' | 'reject'
    readonly reason?: string
    readonly result: { readonly certificates: readonly Verdict[] }
  }
}

type Verdict = 'ok' | 'revoked' | 'unknown' | 'nonrevokable'

const cases: RevocationCase[] = isThere
  ? readFileSync(join(FOLDER, 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as RevocationCase)
      .filter(({ kind }) => kind === 'revocation')
  : []

describe('the verdicts of the reference on revocation', () => {
  it('are there, and cover each deliberate difference', ({ skip }) => {
    skip(!isThere, `no vectors at ${FOLDER} (SEALWRIGHT_VECTORS)`)
    expect(cases.length).toBeGreaterThan(30)
    for (const id of Object.keys(revocationDifferences))
      expect(cases.find(one => one.id === id)?.expected.outcome, id).toBe('accept')
  })

  it.each(cases.map(one => [one.id, one.note, one] as const))('%s: %s', async (id, _note, one) => {
    const { verdicts, why } = await judgeChain(one)
    const differs = revocationDifferences[id]
    if (differs === undefined)
      expect(verdicts, why || one.expected.reason).toEqual(one.expected.result.certificates)
    else expect(why).toMatch(differs.message)
  })
})

/** In the order of the specification: OCSP, and the CRLs when OCSP does not know. */
async function judgeChain({ files, params }: RevocationCase): Promise<{ verdicts: Verdict[]; why: string }> {
  const chain = parseCertificates(readFileSync(join(FOLDER, files.chain)), files.chain)
  const signedAt = params?.authenticSigningTime ? new Date(params.authenticSigningTime) : undefined
  const get = (url: string): Uint8Array | undefined => {
    const name = Object.keys(files.http).find(key => url === key || url.startsWith(`${key}/`))
    const response = name === undefined ? undefined : files.http[name]
    return response?.status === 200 ? readFileSync(join(FOLDER, response.body)) : undefined
  }
  const verdicts: Verdict[] = []
  const reasons: string[] = []
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1]
    const statuses = issuer ? await judgeCertificate(certificate, issuer, get) : []
    const judged = statuses.map(status => statusWhenSigned(status, signedAt))
    reasons.push(...judged.flatMap(status => (status.status === 'unknown' ? status.why : [])))
    verdicts.push(verdictOf(judged))
  }
  return { verdicts, why: reasons.join('; ') }
}

async function judgeCertificate(
  certificate: Certificate,
  issuer: Certificate,
  get: (url: string) => Uint8Array | undefined,
): Promise<RevocationStatus[]> {
  const question = { certificate, issuer, at: new Date() }
  for (const base of certificate.ocspUrls) {
    const url = ocspUrl(base, ocspRequest({ certificate, issuer }))
    const response = url === undefined ? undefined : get(url)
    const status = response && judgeOcsp(response, question)
    if (status && status.status !== 'unknown') return [status]
    if (certificate.crlUrls.length === 0) return [status ?? unreachable('ocsp')]
  }
  const statuses: RevocationStatus[] = []
  for (const url of certificate.crlUrls) {
    const crl = await crlAt(url, issuer, get)
    statuses.push('status' in crl ? crl : judgeCrl(crl, question))
  }
  return statuses
}

async function crlAt(
  url: string,
  issuer: Certificate,
  get: (url: string) => Uint8Array | undefined,
): Promise<Crl | RevocationStatus> {
  const bytes = get(url)
  if (bytes === undefined) return unreachable('crl')
  expect(bytes.length).toBeLessThan(MAX_CRL_BYTES)
  try {
    return await readCrl(bytes, { issuer })
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { status: 'unknown', source: 'crl', why: error.message }
  }
}

function unreachable(source: 'ocsp' | 'crl'): RevocationStatus {
  return { status: 'unknown', source, why: 'nobody answers there' }
}

function verdictOf(statuses: readonly RevocationStatus[]): Verdict {
  const found = statuses.map(({ status }) => status)
  if (found.length === 0) return 'nonrevokable'
  return found.includes('revoked') ? 'revoked' : found.includes('unknown') ? 'unknown' : 'ok'
}
