import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { root } from './workspace.ts'

const vectors = process.env.SEALWRIGHT_VECTORS ?? join(root, '../shared/vectors')

/** A published suite, or a file of one: the tests that run it, or why none does. */
const SUITES: Readonly<Record<string, readonly string[] | string>> = {
  cose: ['core/test/notary-cose/conformance.test.ts'],
  'notation-core/cose-conformance.json': ['core/test/notary-cose/conformance.test.ts'],
  'notation-core/jws-conformance.json': ['core/test/notary-jws/conformance.test.ts'],
  'notation-go': ['core/test/notary-jws/conformance.test.ts', 'notary/test/notation-go.test.ts'],
  nv2: ['nv2/test/published.test.ts'],
  'p11-kit-rpc': 'frames of a protocol that nothing here speaks',
  tspclient: ['x509/test/timestamp-vectors.test.ts'],
  'wycheproof/ecdsa_secp256r1_sha256_p1363_test.json': ['core/test/verify-signature.test.ts'],
  'wycheproof/ecdsa_secp256r1_sha256_test.json': ['core/test/encoding/ecdsa.test.ts'],
  'wycheproof/ecdsa_secp384r1_sha384_p1363_test.json': ['core/test/verify-signature.test.ts'],
  'wycheproof/ecdsa_secp521r1_sha512_p1363_test.json': ['core/test/verify-signature.test.ts'],
  'wycheproof/json_web_crypto_test.json': 'JSON Web Encryption, which nothing here reads',
  'wycheproof/json_web_key_test.json': 'JSON Web Keys, which are written and never read',
  'wycheproof/json_web_signature_test.json': ['core/test/notary-jws/conformance.test.ts'],
}

/** The cases of `notary-verdicts`, by kind and mode. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  chain: ['x509/test/vectors.test.ts'],
  'envelope integrity': [
    'core/test/notary-verdicts-open.test.ts',
    'notary/test/notary-verdicts-envelope.test.ts',
  ],
  'envelope verify': ['notary/test/notary-verdicts-envelope.test.ts'],
  'envelope blob': ['notary/test/notary-verdicts-envelope.test.ts'],
  layout: ['oci/test/notary-verdicts.test.ts', 'notary/test/notary-verdicts-layout.test.ts'],
  policy: ['notary/test/notary-verdicts-policy.test.ts'],
  revocation: ['x509/test/revocation-vectors.test.ts', 'notary/test/check-chain.test.ts'],
  'timestamp token': ['x509/test/timestamp-vectors.test.ts'],
}

interface Verdict {
  readonly id: string
  readonly kind: string
  readonly params?: { readonly mode?: string }
}

describe('published vectors', () => {
  beforeEach(({ skip }) => skip(!existsSync(vectors), `no vectors at ${vectors} (SEALWRIGHT_VECTORS)`))

  it('that no test runs are named, with the reason', () => {
    const folders = readdirSync(vectors, { withFileTypes: true })
      .filter(entry => entry.isDirectory() && entry.name !== 'notary-verdicts')
      .map(({ name }) => name)
    const found = folders.flatMap(folder =>
      folder in SUITES ? [folder] : readdirSync(join(vectors, folder)).map(file => `${folder}/${file}`),
    )
    expect(found.toSorted()).toEqual(Object.keys(SUITES).toSorted())
  })

  it('of notary-verdicts are of a kind that a test runs', () => {
    const cases = readFileSync(join(vectors, 'notary-verdicts', 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as Verdict)
    expect(new Set(cases.map(({ id }) => id)).size, 'each id is one case').toBe(cases.length)
    const kinds = new Set(
      cases.map(({ kind, params }) => (params?.mode === undefined ? kind : `${kind} ${params.mode}`)),
    )
    expect([...kinds].toSorted()).toEqual(Object.keys(VERDICTS).toSorted())
  })
})

it.each(
  [...Object.entries(SUITES), ...Object.entries(VERDICTS)].flatMap(([suite, tests]) =>
    typeof tests === 'string' ? [] : tests.map(test => [suite, test] as const),
  ),
)('%s is run by %s', (suite, test) => {
  const word =
    suite.split(/[/ ]/)[suite.startsWith('wycheproof') || suite.startsWith('notation-core') ? 1 : 0]!
  expect(readFileSync(join(root, 'packages', test), 'utf8')).toContain(word)
})
