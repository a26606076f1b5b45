import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Certificate, encodeCertificates, judgeOcsp, ocspRequest } from '../src/index.ts'
import { keyOf, root } from './craft.ts'
import { CA, delegate, issuedByCa } from './craft-revocation.ts'

const ca = root({ subject: CA, key: keyOf('ca') })
const responder = delegate()
const certificate = issuedByCa()
const folder = mkdtempSync(join(tmpdir(), 'x509-ocsp-'))
afterAll(() => rmSync(folder, { recursive: true }))

const pem = (name: string) => keyOf(name).privateKey.export({ type: 'pkcs8', format: 'pem' })

const SIGNERS: Readonly<Record<string, Certificate>> = { ca, responder }
for (const [name, signer] of Object.entries(SIGNERS)) {
  writeFileSync(join(folder, `${name}.crt`), encodeCertificates([signer]))
  writeFileSync(join(folder, `${name}.key`), pem(name))
}

/** What `openssl ocsp` answers from an index of one line. */
function respond(signer: string, line: string, request: Uint8Array, ...more: string[]): Uint8Array {
  writeFileSync(join(folder, 'index.txt'), line)
  writeFileSync(join(folder, 'request'), request)
  const args = [
    'ocsp',
    '-index',
    'index.txt',
    '-CA',
    'ca.crt',
    '-rsigner',
    `${signer}.crt`,
    '-rkey',
    `${signer}.key`,
  ]
  const files = ['-reqin', 'request', '-respout', 'response', '-ndays', '1']
  const { status, stderr } = spawnSync('openssl', [...args, ...files, ...more], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`openssl ocsp: ${stderr}`)
  return readFileSync(join(folder, 'response'))
}

const GOOD = 'V\t361231235959Z\t\tC0FFEE\tunknown\t/CN=good\n'
const REVOKED = 'R\t361231235959Z\t260101000000Z,keyCompromise\tC0FFEE\tunknown\t/CN=bad\n'
const OTHER = 'V\t361231235959Z\t\t1234\tunknown\t/CN=other\n'

it.each([
  ['ca', 'sha1', ['-resp_key_id']],
  ['ca', 'sha256', []],
  ['responder', 'sha1', []],
  ['responder', 'sha256', ['-resp_key_id']],
] as const)('takes what openssl answers as %s to a %s request (%j)', (signer, hash, more) => {
  const nonce = crypto.getRandomValues(new Uint8Array(16))
  const request = ocspRequest({ certificate, issuer: ca, nonce, hash })
  const judge = (line: string, asked: Uint8Array = nonce) =>
    judgeOcsp(respond(signer, line, request, ...more), {
      certificate,
      issuer: ca,
      at: new Date(),
      nonce: asked,
    })
  expect(judge(GOOD)).toMatchObject({ status: 'good', signer: SIGNERS[signer]!.fingerprint })
  expect(judge(REVOKED)).toMatchObject({
    status: 'revoked',
    reason: 'keyCompromise',
    revokedAt: new Date('2026-01-01T00:00:00Z'),
  })
  expect(judge(OTHER)).toMatchObject({ status: 'unknown', unknownToResponder: true })
  expect(judge(GOOD, new Uint8Array(16))).toMatchObject({
    status: 'unknown',
    why: expect.stringContaining('nonce'),
  })
})
