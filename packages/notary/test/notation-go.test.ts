import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCertificates } from '@sealwright/x509'
import { describe, expect, it } from 'vitest'
import {
  createVerifier,
  notaryCose,
  notaryJws,
  openEnvelope,
  type Report,
  trustAnchors,
} from '../src/index.ts'
import { signatureStore } from './signature-store.ts'
import { trustOf } from './trust.ts'
import { needVectors, vectors } from './vectors.ts'

const folder = join(vectors, 'notation-go')
const files = existsSync(folder) ? readdirSync(folder).filter(name => !name.endsWith('.pem')) : ['every file']
/** Within the validity of every chain but one, after the expiry of those that expired. */
const THEN = new Date('2023-06-01T00:00:00Z')

describe('envelopes of notation-go', () => {
  needVectors(folder)
  const testRoot = () => parseCertificates(readFileSync(join(folder, 'NotationTestRoot.pem')), 'root')[0]!.der

  it.each(files)('%s has a signature that holds, unless its name says otherwise', name => {
    const { sound } = openEnvelope(bindingOf(name), readFileSync(join(folder, name)))
    expect(sound === undefined).toBe(name.includes('_invalid_'))
  })

  it.each([
    ['ca_valid_sig_env.json', 'verified', undefined],
    ['ca_expired_sig_env.json', 'notVerified', 'EXPIRED'],
    ['ca_invalid_sig_env.json', 'notVerified', 'MALFORMED'],
    ['ca_plugin_sig_env.json', 'unknown', 'UNSUPPORTED'],
    ['jws_signature.sig', 'notVerified', 'UNTRUSTED'],
    ['sa_valid_sig_env.json', 'notVerified', 'UNTRUSTED'],
  ])('%s under the test root as a certificate authority is %s', async (name, verdict, code) => {
    const report = await judge(name, trustAnchors({ certificates: [testRoot()] }))
    expect(report.verdict).toBe(verdict)
    expect(report.reason?.code).toBe(code)
  })

  it.each([
    ['sa_valid_sig_env.json', 'verified', undefined],
    ['sa_expired_sig_env.json', 'notVerified', 'EXPIRED'],
    ['sa_invalid_sig_env.json', 'notVerified', 'MALFORMED'],
    ['ca_valid_sig_env.json', 'notVerified', 'UNTRUSTED'],
  ])('%s under the test root as a signing authority is %s', async (name, verdict, code) => {
    const trust = {
      ...trustOf({ statement: { trustStores: ['signingAuthority:acme'] } }),
      stores: { 'signingAuthority:acme': { certificates: [testRoot()] } },
    }
    const report = await judge(name, trust)
    expect(report.verdict).toBe(verdict)
    expect(report.reason?.code).toBe(code)
  })

  it.each(['jws_signature.sig', 'cose_signature.sig'])(
    '%s is verified under its own self-signed certificate',
    async name => {
      const { chain } = openEnvelope(bindingOf(name), readFileSync(join(folder, name))).sound!
      expect((await judge(name, trustAnchors({ certificates: [chain[0]!.der] }))).verdict).toBe('verified')
    },
  )

  it('sig_env_with_metadata.json is verified while its certificate was valid, with its metadata', async () => {
    const name = 'sig_env_with_metadata.json'
    const { chain, content } = openEnvelope(notaryJws, readFileSync(join(folder, name))).sound!
    const trust = trustAnchors({ certificates: [chain.at(-1)!.der] })
    const during = new Date('2023-01-11T19:00:00Z')
    const { annotations } = content()
    expect(Object.keys(annotations!)).not.toEqual([])
    const report = await judge(name, trust, during, annotations)
    expect(report.verdict).toBe('verified')
    expect(report.signatures[0]!.signed?.metadata).toEqual(annotations)
    expect((await judge(name, trust, during, { ...annotations, more: '1' })).verdict).toBe('denied')
    expect((await judge(name, trust)).reason?.code).toBe('EXPIRED')
  })
})

const bindingOf = (name: string) => (name.startsWith('cose') ? notaryCose : notaryJws)

/** Judges an envelope against the artifact that it says it signs. */
async function judge(
  name: string,
  trust: Parameters<typeof createVerifier>[0]['trust'],
  now: Date = THEN,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const bytes = readFileSync(join(folder, name))
  const { sound } = openEnvelope(bindingOf(name), bytes)
  const subject = sound?.content() ?? { mediaType: 'text/plain', digest: `sha256:${'0'.repeat(64)}`, size: 0 }
  const artifacts = signatureStore(subject, [{ mediaType: bindingOf(name).mediaType, bytes }])
  const verifier = await createVerifier({ trust, clock: () => now })
  return verifier.verify({ artifacts, reference: subject.digest }, { metadata })
}
