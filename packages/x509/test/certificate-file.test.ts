import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { encodePem } from '@sealwright/core/encoding'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeCertificates, parseCertificates } from '../src/index.ts'
import { keyOf, leaf, middle, root } from './craft.ts'

const chain = [leaf(), middle(), root()]
const text = (value: string) => new TextEncoder().encode(value)

describe('parseCertificates', () => {
  it('reads a PEM bundle in its order, and what stands between the blocks is skipped', () => {
    const bundle = chain.map(one => `subject: x\n${encodeCertificates([one])}`).join('\n')
    expect(parseCertificates(text(bundle), 'f').map(({ fingerprint }) => fingerprint)).toEqual(
      chain.map(({ fingerprint }) => fingerprint),
    )
    expect(parseCertificates(text(encodeCertificates(chain).replaceAll('\n', '\r\n')), 'f')).toHaveLength(3)
  })

  it('reads one certificate in DER', () => {
    expect(parseCertificates(chain[0]!.der, 'f')[0]!.fingerprint).toBe(chain[0]!.fingerprint)
  })

  it.each<[string, 'PEM' | 'DER']>([
    ['PKCS #7 in PEM', 'PEM'],
    ['PKCS #7 in DER', 'DER'],
  ])('names %s with the openssl command that makes PEM of it', (_title, form) => {
    const folder = mkdtempSync(join(tmpdir(), 'sealwright-x509-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'chain.pem'), encodeCertificates(chain))
    const args = ['crl2pkcs7', '-nocrl', '-certfile', 'chain.pem', '-outform', form, '-out', 'my chain.p7b']
    execFileSync('openssl', args, { cwd: folder })
    rmSync(join(folder, 'chain.pem'))
    const bundle = readFileSync(join(folder, 'my chain.p7b'))
    const { fix } = thrownBy(() => parseCertificates(bundle, 'my chain.p7b')) as { fix: string }
    execFileSync('sh', ['-c', fix], { cwd: folder })
    expect(parseCertificates(readFileSync(join(folder, 'chain.pem')), 'f')).toHaveLength(3)
  })

  it('names PKCS #12', () => {
    const bytes = Buffer.from('308209cf0201033082098506092a864886f70d010701', 'hex')
    expect(thrownBy(() => parseCertificates(bytes, 'a.p12'))).toMatchObject({
      message: 'a.p12: it is a PKCS #12 file',
      fix: 'openssl pkcs12 -in a.p12 -nokeys -out chain.pem',
    })
  })

  const privateKey = keyOf('leaf').privateKey
  const pem = (type: 'pkcs8' | 'sec1') => privateKey.export({ type, format: 'pem' }).toString()
  const encrypted = privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()

  it.each<[string, () => Uint8Array]>([
    ['PKCS #8 among certificates', () => text(encodeCertificates(chain) + pem('pkcs8'))],
    ['SEC 1 before certificates', () => text(pem('sec1') + encodeCertificates(chain))],
    ['encrypted PKCS #8', () => text(encrypted)],
    ['PKCS #8 in DER', () => privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['SEC 1 in DER', () => privateKey.export({ type: 'sec1', format: 'der' })],
    ['encrypted PKCS #8 in DER', () => Buffer.from(encrypted.replace(/-----[^-]+-----|\n/g, ''), 'base64')],
    ['a damaged private key', () => text(pem('pkcs8').slice(0, -40))],
  ])('refuses a private key, %s, and shows nothing of it', (_title, input) => {
    const bytes = input()
    const failure = thrownBy(() => parseCertificates(bytes, 'chain.pem'))
    expect(failure).toMatchObject({
      code: 'VALIDATION',
      message: 'chain.pem: it holds a private key where certificates are expected',
    })
    const shown = inspect(failure, { depth: 9, showHidden: true })
    const secret = privateKey.export({ format: 'jwk' }).d!
    for (const form of [secret, pem('pkcs8').split('\n')[1]!.slice(0, 30)]) expect(shown).not.toContain(form)
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /it holds no certificate/],
    ['other text', text('hello'), /it holds no certificate/],
    [
      'another PEM type',
      text(encodePem('CERTIFICATE REQUEST', Uint8Array.of(1))),
      /type CERTIFICATE REQUEST/,
    ],
    ['a damaged block', text(encodeCertificates(chain).replace('MII', 'M!I')), /f, the PEM block of line 1/],
    [
      'a damaged certificate',
      text(encodeCertificates(chain.slice(0, 1)) + encodePem('CERTIFICATE', Uint8Array.of(0x30, 0))),
      /f, certificate 2/,
    ],
    ['two certificates in DER', Buffer.concat([chain[0]!.der, chain[1]!.der]), /f: bytes after/],
    ['five megabytes', new Uint8Array(5 * 1024 * 1024), /larger than/],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0), /holds no certificate/],
  ])('refuses %s', (_title, bytes, message) => {
    expect(thrownBy(() => parseCertificates(bytes, 'f'))).toMatchObject({
      code: 'VALIDATION',
      message: expect.stringMatching(message),
    })
  })

  it('refuses more than 1,000 certificates', () => {
    const block = encodeCertificates([chain[0]!])
    expect(thrownBy(() => parseCertificates(text(block.repeat(1001)), 'f'))).toMatchObject({
      message: 'f: it holds more than 1000 certificates',
    })
  })
})

function thrownBy(task: () => unknown): unknown {
  try {
    task()
  } catch (error) {
    return error
  }
  return expect.fail('nothing was thrown')
}
