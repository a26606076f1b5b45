import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

vi.setConfig({ testTimeout: 60_000 })

const BOTH = { atLeast: 2, of: [{ signer: 'alice' }, { signer: 'bob' }] }
const SLSA = 'https://slsa.dev/provenance/v1'

/** A layout, two keys, and the public keys in the trust directory, where Notation's policy trusts both. */
async function reviewed(): Promise<Program> {
  const self = await program()
  await makeLayout(self.path('image'), 'v1')
  await mkdir(join(self.trust, 'keys'), { recursive: true })
  for (const name of ['alice', 'bob']) {
    await self.expect(0, ['init', name, '--scope', name === 'alice' ? '*' : 'registry.example/bob'])
    const { stdout } = await self.expect(0, ['key', 'show', name, '--public'])
    await writeFile(join(self.trust, 'keys', `${name}.pem`), stdout)
  }
  return self
}

const policyOf = (statement: object, more: object = {}): string =>
  JSON.stringify({
    version: 'sealwright/1',
    signers: { alice: { keyFile: 'keys/alice.pem' }, bob: { keyFile: 'keys/bob.pem' } },
    statements: [{ name: 'production', ...statement }],
    ...more,
  })

const setPolicy = (self: Program, statement: object, more: object = {}): Promise<void> =>
  writeFile(join(self.trust, 'trustpolicy.sealwright.json'), policyOf(statement, more))

it('verifies an artifact once all that the policy requires have signed', async () => {
  const self = await reviewed()
  await setPolicy(self, { scopes: ['*'], require: BOTH })
  const verify = ['verify', 'oci:image:v1']
  expect((await self.expect(1, verify)).stderr).toContain('not verified[REQUIREMENT]')
  await self.expect(0, ['sign', '-k', 'alice', 'oci:image:v1'])
  const denied = await self.json(4, verify)
  expect(denied.targets[0]).toMatchObject({
    verdict: 'denied',
    policy: { kind: 'sealwright', statement: 'production', required: 2, met: 1 },
    requirement: { kind: 'atLeast', count: 2, state: 'unmet' },
    missing: [{ leaf: 'bob', why: 'no signature' }],
  })
  expect((await self.expect(4, verify)).stderr).toContain('denied[REQUIREMENT]')
  await self.expect(0, ['sign', '-k', 'bob', 'oci:image:v1'])
  expect((await self.expect(0, verify)).stdout).toMatch(/^verified: /)
  expect((await self.expect(0, [...verify, '-q'])).stdout).toMatch(/^oci:image@sha256:[0-9a-f]{64}\n$/)
  // The same policy in a file of another name; the keys are those of the trust directory.
  await rename(join(self.trust, 'trustpolicy.sealwright.json'), self.path('policy.json'))
  expect((await self.json(0, [...verify, '--policy', 'policy.json'])).targets[0].policy.kind).toBe(
    'sealwright',
  )
  expect((await self.json(0, verify)).targets[0].policy.kind).toBe('notation')
})

it('denies a registry before it is contacted, for artifacts and for their signatures', async () => {
  const self = await reviewed()
  await setPolicy(
    self,
    { scopes: ['*'], require: BOTH },
    { registries: ['allowed.invalid', 'other.invalid/acme/*'] },
  )
  const digest = `sha256:${'0'.repeat(64)}`
  for (const target of [
    'registry.invalid/app:v1',
    `registry.invalid/app:v1@${digest}`,
    'other.invalid/acmeish/app:v1',
  ]) {
    const { stderr } = await self.expect(4, ['verify', target])
    expect(stderr).toContain('denied[REGISTRY]')
  }
  const apart = ['--signatures-in', 'registry.invalid/signatures']
  expect((await self.expect(4, ['verify', ...apart, 'allowed.invalid/app:v1'])).stderr).toContain(
    'denied[REGISTRY]',
  )
  expect((await self.expect(4, ['verify', ...apart, 'oci:image:v1'])).stderr).toContain('denied[REGISTRY]')
  // What is allowed is contacted, and is not there.
  expect((await self.run(['verify', '--timeout', '5s', 'allowed.invalid/app:v1'])).code).toBe(3)
})

it('denies by an expired policy, whatever time is judged as of', async () => {
  const self = await reviewed()
  await self.expect(0, ['sign', '-k', 'alice', 'oci:image:v1'])
  const now = Date.now()
  await setPolicy(
    self,
    { scopes: ['*'], require: { signer: 'alice' } },
    { expires: new Date(now + 3_600_000).toISOString() },
  )
  await self.expect(0, ['verify', 'oci:image:v1'])
  const later = { now: new Date(now + 7_200_000) }
  const { stderr } = await self.expect(
    4,
    ['verify', '--at', new Date(now).toISOString(), 'oci:image:v1'],
    later,
  )
  expect(stderr).toContain('denied[POLICY_EXPIRED]')
})

it("never falls back to Notation's policy, which would let the artifact in", async () => {
  const self = await reviewed()
  await self.expect(0, ['sign', '-k', 'alice', 'oci:image:v1'])
  await self.expect(0, ['verify', 'oci:image:v1'])
  const faulty: readonly (readonly [string, object, object?])[] = [
    ['an unknown member of a statement', { scopes: ['*'], require: BOTH, reqire: {} }],
    ['an unknown member of the file', { scopes: ['*'], require: BOTH }, { registrys: [] }],
    ['a scope that is none', { scopes: ['registry.example/*/app'], require: BOTH }],
    ['a signer that does not exist', { scopes: ['*'], require: { signer: 'allice' } }],
    [
      'a key file that is missing',
      { scopes: ['*'], require: BOTH },
      { signers: { alice: { keyFile: 'keys/allice.pem' }, bob: { keyFile: 'keys/bob.pem' } } },
    ],
    [
      'a condition that does not parse',
      { scopes: ['*'], require: { attestation: 'slsa', by: ['alice'], where: 'predicat.x' } },
    ],
  ]
  for (const [what, statement, more] of faulty) {
    await setPolicy(self, statement, more)
    const { code } = await self.run(['verify', 'oci:image:v1'])
    expect(code, what).toBe(2)
  }
  // A file whose name is misspelled.
  await setPolicy(self, { scopes: ['*'], require: BOTH })
  await rename(
    join(self.trust, 'trustpolicy.sealwright.json'),
    join(self.trust, 'trustpolicy.saelwright.json'),
  )
  const misnamed = await self.expect(2, ['verify', 'oci:image:v1'])
  expect(misnamed.stderr).toContain('trustpolicy.saelwright.json')
  await rm(join(self.trust, 'trustpolicy.saelwright.json'))
  // Neither is a repository that no statement covers.
  await setPolicy(self, { scopes: ['registry.example/prod/*'], require: BOTH })
  expect((await self.expect(4, ['verify', 'oci:image:v1'])).stderr).toContain('denied[NO_STATEMENT]')
  await setPolicy(self, { scopes: ['registry.example/prod/*'], require: BOTH }, { otherwise: 'notation' })
  await self.expect(0, ['verify', 'oci:image:v1'])
  await self.expect(4, ['verify', '--scope', 'registry.example/prod/app', 'oci:image:v1'])
})

it('reports a policy file that vanished as an error', async () => {
  const self = await reviewed()
  await self.expect(0, ['sign', '-k', 'alice', 'oci:image:v1'])
  await writeFile(self.path('policy.json'), policyOf({ scopes: ['*'], require: { signer: 'alice' } }))
  const env = { SEALWRIGHT_POLICY: self.path('policy.json') }
  expect((await self.json(0, ['verify', 'oci:image:v1'], { env })).targets[0].policy.kind).toBe('sealwright')
  await rm(self.path('policy.json'))
  expect((await self.expect(2, ['verify', 'oci:image:v1'], { env })).stderr).toContain('policy.json')
  expect((await self.expect(2, ['verify', '--policy', 'policy.json', 'oci:image:v1'])).stderr).toContain(
    'policy.json',
  )
})

it('is unknown where a signer cannot be judged', async () => {
  const self = await reviewed()
  const builder = {
    sigstore: {
      identity: 'https://ci.example/release',
      issuer: 'https://ci.example',
      trustedRoot: 'trusted_root.json',
    },
  }
  await writeFile(join(self.trust, 'trusted_root.json'), '{}')
  await setPolicy(self, { scopes: ['*'], require: { signer: 'builder' } }, { signers: { builder } })
  expect((await self.expect(3, ['verify', 'oci:image:v1'])).stderr).toContain('unknown[REQUIREMENT]')
})

it('verifies a file by several signatures, named or next to it', async () => {
  const self = await reviewed()
  await setPolicy(self, { files: true, default: true, require: BOTH })
  await writeFile(self.path('app'), 'a file')
  await self.expect(0, ['sign', '-k', 'alice', './app'])
  const one = await self.json(4, ['verify', './app'])
  expect(one.targets[0]).toMatchObject({ verdict: 'denied', missing: [{ leaf: 'bob' }] })
  await self.expect(0, ['sign', '-k', 'bob', '--signature', 'app.bob.jws.sig', './app'])
  expect((await self.json(0, ['verify', './app'])).targets[0].signatures).toHaveLength(2)
  await rename(self.path('app.bob.jws.sig'), self.path('bob'))
  await self.expect(4, ['verify', './app'])
  await self.expect(0, ['verify', '--signature', 'app.jws.sig', '--signature', 'bob', './app'])
  await self.expect(4, ['verify', '--signature', 'bob', '--signature', 'bob', './app'])
  // The signature of another file, whose name begins with the same.
  await writeFile(self.path('app.tgz'), 'another file')
  await self.expect(0, ['sign', '-k', 'bob', './app.tgz'])
  expect((await self.json(4, ['verify', './app'])).targets[0].signatures).toHaveLength(1)
  // A name of no statement is denied, and does not fall to the default one.
  expect((await self.expect(4, ['verify', '--statement', 'prodction', './app'])).stderr).toContain(
    'denied[NO_STATEMENT]',
  )
})

it('holds attestations of the policy and of the command line to the same conditions', async () => {
  const self = await reviewed()
  const predicate = {
    buildDefinition: { buildType: 'x' },
    runDetails: { builder: { id: 'https://ci.example/1' } },
  }
  await writeFile(self.path('predicate.json'), JSON.stringify(predicate))
  await self.expect(0, ['sign', '-k', 'alice', 'oci:image:v1'])
  const attestation = (where: string) => ({ attestation: SLSA, by: ['bob'], where })
  const good = attestation("predicate.runDetails.builder.id.startsWith('https://ci.example/')")
  await setPolicy(self, { scopes: ['*'], require: { all: [{ signer: 'alice' }, good] } })
  await self.expect(4, ['verify', 'oci:image:v1'])
  await self.expect(0, [
    'attest',
    '-k',
    'bob',
    '--type',
    'slsa',
    '--predicate',
    'predicate.json',
    'oci:image:v1',
  ])
  await self.expect(0, ['verify', 'oci:image:v1'])
  const bad = attestation("predicate.runDetails.builder.id == 'other'")
  await setPolicy(self, { scopes: ['*'], require: { all: [{ signer: 'alice' }, bad] } })
  const { stderr } = await self.expect(4, ['verify', 'oci:image:v1'])
  expect(stderr).toContain('the condition is false')
  // On the command line: by a signer of the statement, and bob is none of these.
  await setPolicy(self, { scopes: ['*'], require: { signer: 'alice' } })
  await self.expect(4, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
  await setPolicy(self, { scopes: ['*'], require: { any: [{ signer: 'alice' }, { signer: 'bob' }] } })
  await self.expect(0, ['verify', '--attestation', 'slsa', 'oci:image:v1'])
})
