import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openSigner } from '@sealwright/core'
import { revocationCache } from '@sealwright/notary'
import { fileKeys } from '@sealwright/provider-file'
import { type CrlEntry, issueCrl, parseCertificates } from '@sealwright/x509'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import type { Figure } from './measure.ts'

const DAY_MS = 86_400_000
const LARGE = 30 * 2 ** 20
/** A serial number of 20 bytes, a time and a reason. */
const ENTRY_BYTES = 53
const MEGABYTE = 1e6

/** What large-crl-child.ts is told on stdin. */
export interface LargeCrlTask {
  /** Files of the CA, and of the key that all certificates are for. */
  readonly ca: { readonly keyPath: string; readonly certificatePath: string }
  readonly keyPath: string
  /** Where the CRL is cached, and its URL. */
  readonly cache: string
  readonly url: string
}

/** What it says at its end. */
export interface LargeCrlResult {
  readonly peakKibibytes: number
  /** How often the CRL was taken from the cache, and so read. */
  readonly reads: number
}

/**
 * Ten thousand signatures, each by a certificate of its own, judged in one process by one cached CRL of 30 MiB: how often it
 * is read, and what it takes of memory beyond what the same signatures take with a CRL of three entries.
 */
export async function largeCrlFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const ca = await makeAuthority(directory, 'ca')
  const { keyPath } = await makeLeaf(directory, 'leaf', ca, { type: 'EC-P256' })
  const task = (name: string): LargeCrlTask => ({
    ca,
    keyPath,
    cache: join(directory, name),
    url: 'http://crl.example/ca.crl',
  })
  const [small, large] = [task('small'), task('large')]
  await cacheCrl(small, 3)
  await cacheCrl(large, LARGE / ENTRY_BYTES)
  const baseline = await run(small)
  const { peakKibibytes, reads } = await run(large)
  await removeScratch(directory)
  const megabytes = ((peakKibibytes - baseline.peakKibibytes) * 1024) / MEGABYTE
  return [
    {
      name: '10,000 certificates by a CRL of 30 MiB, memory for it',
      median: megabytes,
      spread: [megabytes, megabytes],
      bound: { atMost: 200 },
      unit: 'MB',
    },
    {
      name: 'how often that CRL is read',
      median: reads,
      spread: [reads, reads],
      bound: { atMost: 1 },
      unit: '',
    },
  ]
}

async function cacheCrl({ ca, cache, url }: LargeCrlTask, count: number): Promise<void> {
  await using signer = await openSigner(fileKeys(), `file:${ca.keyPath}`)
  const [issuer] = parseCertificates(await readFile(ca.certificatePath), ca.certificatePath)
  const now = new Date()
  const crl = await issueCrl({
    signer,
    issuer: issuer!,
    number: 1n,
    thisUpdate: now,
    nextUpdate: new Date(now.getTime() + DAY_MS),
    revoked: entries(count, now),
  })
  await revocationCache({ crl: cache }).storeCrl(url, { base: crl.der })
}

function* entries(count: number, revokedAt: Date): Generator<CrlEntry> {
  for (let index = 0; index < count; index++)
    yield {
      serialNumber: `40${index.toString(16).padStart(38, '0')}`,
      revokedAt,
      reason: 'superseded',
    }
}

async function run(task: LargeCrlTask): Promise<LargeCrlResult> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'large-crl-child.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(task))
  const chunks: Buffer[] = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`judging by a CRL ended with ${code}`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
