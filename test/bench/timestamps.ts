import { hash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  parseCertificates,
  readTimestampResponse,
  readTimestampToken,
  timestampRequest,
  verifyTimestampToken,
} from '@sealwright/x509'
import * as pkijs from 'pkijs'
import { succeed } from '../services/run.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { startTimestampAuthority } from '../services/timestamp-authority.ts'
import { cpu, type Figure, pairs, timed } from './measure.ts'

const TOKENS = 16
/** How often each token is verified in one measurement. */
const ROUNDS = { ours: 10, pkijs: 2 }
const WARM_UP = 100
const PAIRS_OF_ROUNDS = 31

/** A token over a message, with its file and that of the message, for a program that reads files. */
interface Stamped {
  readonly message: Buffer
  readonly token: Uint8Array
  readonly files: { readonly message: string; readonly token: string }
}

/**
 * Tokens of one authority (a leaf with RSA-2048 under a root with P-256), each read from its bytes and verified: the imprint
 * of the message, the signature, the chain to a trusted root, which is read before. We also check signingCertificateV2, the
 * key usages and the other rules of RFC 3161, which pkijs does not.
 */
export async function timestampFigures(): Promise<readonly Figure[]> {
  await using authority = await startTimestampAuthority()
  const directory = await scratch('bench')
  const tokens = await Promise.all(
    Array.from({ length: TOKENS }, (_, index) => stamp(authority.url, join(directory, String(index)))),
  )
  const roots = parseCertificates(await readFile(authority.rootPath), authority.rootPath)
  const trustedCerts = roots.map(({ der }) => pkijs.Certificate.fromBER(der))
  const byUs = async () => {
    for (const { message, token } of tokens)
      verifyTimestampToken(readTimestampToken(token), { message, roots })
  }
  const byPkijs = async () => {
    for (const { message, token } of tokens) {
      const signed = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(token).content })
      const { signatureVerified, certificatePath } = await signed.verify({
        signer: 0,
        data: Uint8Array.from(message).buffer,
        trustedCerts,
        checkChain: true,
        extendedMode: true,
      })
      if (!signatureVerified || certificatePath.length !== 2) throw new Error('pkijs refuses a token')
    }
  }
  const byOpenssl = async () => {
    const { files } = tokens[0]!
    const args = ['-data', files.message, '-in', files.token, '-token_in', '-CAfile', authority.rootPath]
    await succeed('openssl', ['ts', '-verify', ...args])
  }
  await repeat(WARM_UP, byUs)
  const library = await pairs(
    () => cpu(() => repeat(ROUNDS.ours, byUs)),
    () => cpu(() => repeat(ROUNDS.pkijs, byPkijs)),
    (ours, theirs) => theirs / ROUNDS.pkijs / (ours / ROUNDS.ours),
    PAIRS_OF_ROUNDS,
  )
  const program = await pairs(
    () => timed(() => repeat(ROUNDS.ours, byUs)),
    () => timed(byOpenssl),
    (ours, theirs) => theirs / (ours / ROUNDS.ours / TOKENS),
    PAIRS_OF_ROUNDS,
  )
  await removeScratch(directory)
  const unit = '×'
  return [
    { name: 'pkijs / a timestamp token verified', ...library, bound: { atLeast: 20 }, unit },
    { name: 'openssl ts -verify / a timestamp token verified', ...program, bound: { atLeast: 10 }, unit },
  ]
}

async function stamp(url: string, path: string): Promise<Stamped> {
  const message = randomBytes(64)
  const request = {
    hash: 'sha256',
    digest: hash('sha256', message, 'buffer'),
    nonce: randomBytes(16),
  } as const
  const headers = { 'content-type': 'application/timestamp-query' }
  const body = Uint8Array.from(timestampRequest(request))
  const response = await fetch(url, { method: 'POST', headers, body })
  const { der: token } = readTimestampResponse(await response.bytes(), request)
  const files = { message: `${path}.message`, token: `${path}.token` }
  await writeFile(files.message, message)
  await writeFile(files.token, token)
  return { message, token, files }
}

async function repeat(count: number, work: () => Promise<void>): Promise<void> {
  for (let round = 0; round < count; round++) await work()
}
