import { createHash, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  parseCertificates,
  readTimestampResponse,
  type TimestampRequest,
  timestampRequest,
  verifyTimestampToken,
} from '@sealwright/x509'
import { expect, test } from 'vitest'
import { succeed } from './run.ts'
import { scratch } from './scratch.ts'
import { startTimestampAuthority } from './timestamp-authority.ts'

const message = Buffer.from('a signature')

function request(hash: TimestampRequest['hash'], policy?: string): TimestampRequest {
  return { hash, digest: createHash(hash).update(message).digest(), nonce: randomBytes(16), policy }
}

async function send(url: string, body: Uint8Array): Promise<Uint8Array> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/timestamp-query' },
  })
  return new Uint8Array(await response.arrayBuffer())
}

test('openssl stamps what we ask for, and accepts what we accept', { timeout: 120_000 }, async () => {
  await using authority = await startTimestampAuthority()
  const roots = parseCertificates(await readFile(authority.rootPath), 'root')
  const folder = await scratch('tsa-test')
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    const asked = request(hash, hash === 'sha384' ? '2.999.2' : undefined)
    const body = timestampRequest(asked)
    const response = await send(authority.url, body)
    const token = readTimestampResponse(response, asked)
    const { time, chain } = verifyTimestampToken(token, { message, roots })
    expect(chain).toHaveLength(2)
    expect(token).toMatchObject({ accuracyMs: 1000, policy: hash === 'sha384' ? '2.999.2' : '2.999.1' })
    expect(time.latest.getTime() - time.earliest.getTime()).toBe(2000)
    await writeFile(join(folder, 'query'), body)
    await writeFile(join(folder, 'reply'), response)
    const files = ['-queryfile', join(folder, 'query'), '-in', join(folder, 'reply')]
    await succeed('openssl', ['ts', '-verify', ...files, '-CAfile', authority.rootPath])
  }
  expect(authority.requests).toBe(3)
})

test('a policy that the authority does not have, and the answer to another request', {
  timeout: 120_000,
}, async () => {
  await using authority = await startTimestampAuthority()
  const [one, other] = [request('sha256'), request('sha256')]
  readTimestampResponse(await send(authority.url, timestampRequest(one)), one)
  const unknown = request('sha256', '2.999.3')
  const refused = await send(authority.url, timestampRequest(unknown))
  expect(() => readTimestampResponse(refused, unknown)).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED', why: expect.stringContaining('unacceptedPolicy') }),
  )
  authority.behaviour = 'other'
  const replayed = await send(authority.url, timestampRequest(other))
  expect(() => readTimestampResponse(replayed, other)).toThrow(
    expect.objectContaining({ code: 'INTEGRITY', why: 'its nonce is not the one that was sent' }),
  )
  authority.behaviour = 'garbage'
  const garbage = await send(authority.url, timestampRequest(other))
  expect(() => readTimestampResponse(garbage, other)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
})
