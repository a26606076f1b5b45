import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { addToStore } from '../services/notation.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { startRevocationAuthority } from '../services/revocation-authority.ts'
import { succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import type { Skips } from '../services/tool.ts'
import { type Program, programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries

/** The vendor's and the customer's registry have no referrers API, the aggregator's has it. */
const registries = shared(async context => ({
  vendor: await startDistribution(context),
  hub: await startOlareg(context),
  customer: await startDistribution(context),
}))

const wabbit = shared(async () => startRevocationAuthority())

/** Everybody who signs here, and some who must not count. */
const people = shared(async context => {
  const folder = await scratch('people')
  const hub = await makeAuthority(folder, 'hub-root')
  const strangers = await makeAuthority(folder, 'strange-root')
  const authority = await wabbit(context)
  const person = async (name: string) =>
    makeLeaf(folder, name, await makeAuthority(folder, `${name}-root`), { type: 'EC-P256' })
  const vendor = await authority.issue('vendor', ['crl'])
  return {
    roots: { wabbit: authority.root.certificatePath, hub: hub.certificatePath },
    vendor,
    aggregator: await makeLeaf(folder, 'aggregator', hub, { type: 'EC-P384' }),
    alice: await person('alice'),
    bob: await person('bob'),
    carol: await person('carol'),
    // With the name of the vendor, from an authority that nobody trusts.
    impostor: await makeLeaf(folder, 'impostor', strangers, { type: 'EC-P256', subject: vendor.subject }),
  }
})

type People = Awaited<ReturnType<typeof people>>

interface Signing {
  readonly as: Identity
  readonly options?: readonly string[]
}

/** Who signs where, on the way of an image from its vendor to its use. */
interface Way {
  readonly vendor?: readonly Signing[]
  readonly hub?: readonly Signing[]
  readonly customer?: readonly Signing[]
}

/** One who ships and signs in three registries, and a client that knows nothing but a policy. */
async function ship(context: Skips, { vendor = [], hub = [], customer = [] }: Way) {
  const servers = await registries(context)
  const shipper = await homeWithPrivateHosts(context)
  const repository = `app-${crypto.randomUUID()}`
  const image = makeImage()
  const at = (host: string, folder: string) => `${host}/${folder}/${repository}@${image.digest}`
  const places = {
    vendor: at(servers.vendor.host, 'wabbit'),
    hub: at(servers.hub.host, 'certified'),
    customer: at(servers.customer.host, 'prod'),
  }
  const sign = async (place: string, signings: readonly Signing[]) => {
    for (const { as, options = [] } of signings) {
      const key = ['-k', `file:${as.keyPath}`, '--cert-chain', as.chainPath]
      await shipper.expect(0, ['sign', ...key, ...options, place])
    }
  }
  await pushImage(servers.vendor.url, `wabbit/${repository}`, image, 'v1')
  await sign(places.vendor, vendor)
  await shipper.expect(0, ['copy', places.vendor, places.hub.replace(/@.*/, ':v1')])
  await sign(places.hub, hub)
  await shipper.expect(0, ['copy', places.hub, places.customer.replace(/@.*/, ':v1')])
  await sign(places.customer, customer)
  return places
}

/** Certificates name a list of revoked ones on a loopback address. */
async function homeWithPrivateHosts(context: Skips): Promise<Program> {
  const program = await programHome(context)
  const folder = join(program.home, 'config', 'sealwright')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ revocation: { privateHosts: ['127.0.0.1'] } }),
  )
  return program
}

/** A client with the policy of the overview: vendor, aggregator and two of three reviewers. */
async function client(context: Skips, change: Readonly<Record<string, unknown>> = {}): Promise<Program> {
  const servers = await registries(context)
  const known = await people(context)
  const program = await homeWithPrivateHosts(context)
  await addToStore(program.trust, 'wabbit', [known.roots.wabbit])
  await addToStore(program.trust, 'hub', [known.roots.hub])
  await mkdir(join(program.trust, 'keys'), { recursive: true })
  for (const name of ['alice', 'bob', 'carol'] as const) {
    const file = join(program.trust, 'keys', `${name}.pem`)
    await succeed('openssl', ['pkey', '-in', known[name].keyPath, '-pubout', '-out', file])
  }
  const policy = {
    version: 'sealwright/1',
    registries: [servers.customer.host],
    signers: {
      vendor: {
        certificates: { stores: ['ca:wabbit'], identities: [`x509.subject: ${known.vendor.subject}`] },
      },
      aggregator: { certificates: { stores: ['ca:hub'], identities: ['*'] } },
      alice: { keyFile: 'keys/alice.pem' },
      bob: { keyFile: 'keys/bob.pem' },
      carol: { keyFile: 'keys/carol.pem' },
    },
    statements: [
      {
        name: 'production',
        scopes: [`${servers.customer.host}/prod/*`],
        require: {
          all: [
            { signer: 'vendor' },
            { signer: 'aggregator', maxAge: '30d' },
            { atLeast: 2, of: [{ signer: 'alice' }, { signer: 'bob' }, { signer: 'carol' }] },
          ],
        },
      },
    ],
    ...change,
  }
  await writeFile(join(program.trust, 'trustpolicy.sealwright.json'), JSON.stringify(policy))
  return program
}

const everybody = ({ vendor, aggregator, alice, carol }: People) => ({
  vendor: [{ as: vendor }],
  hub: [{ as: aggregator }],
  customer: [{ as: alice }, { as: carol }],
})

interface Target {
  readonly verdict: string
  readonly reason?: { readonly code: string; readonly why: string }
  readonly missing?: readonly { readonly leaf: string; readonly why: string }[]
}

async function judge(program: Program, reference: string): Promise<Target & { code: number | undefined }> {
  const { code, document } = await program.json(['verify', reference])
  const [target] = (document as { targets: readonly Target[] }).targets

  return { code, ...target! }
}

describe('an image that vendor, aggregator and customer signed in registries of their own', {
  timeout,
}, () => {
  test('passes where it brought all three signatures', async context => {
    const { customer } = await ship(context, everybody(await people(context)))
    const program = await client(context)
    const { code, document } = await program.json(['verify', customer])
    expect(code).toBe(0)
    expect(document).toMatchObject({
      targets: [
        {
          verdict: 'verified',
          policy: { statement: 'production' },
          requirement: {
            kind: 'all',
            state: 'met',
            of: [
              { signer: 'vendor', state: 'met' },
              { signer: 'aggregator', state: 'met' },
              {
                kind: 'atLeast',
                count: 2,
                state: 'met',
                of: [{ state: 'met' }, { state: 'unmet' }, { state: 'met' }],
              },
            ],
          },
        },
      ],
    })
    const quiet = await program.expect(0, ['verify', '-q', customer])
    expect(quiet.stdout).toBe(`${customer}\n`)
  })

  test('is denied before it is where it may be used, without a request', async context => {
    const { vendor, hub } = await ship(context, everybody(await people(context)))
    const program = await client(context)
    for (const elsewhere of [vendor, hub, 'registry.invalid/prod/app:v1'])
      expect(await judge(program, elsewhere)).toMatchObject({
        code: 4,
        verdict: 'denied',
        reason: { code: 'REGISTRY' },
      })
  })

  test.for([
    ['the vendor', 'vendor', ['vendor']],
    ['the aggregator', 'hub', ['aggregator']],
    ['the customer', 'customer', ['alice', 'bob']],
  ] as const)('is denied without the signature of %s, which is named', async ([, who, missing], context) => {
    const { customer } = await ship(context, { ...everybody(await people(context)), [who]: [] })
    const program = await client(context)
    const judged = await judge(program, customer)
    expect(judged).toMatchObject({ code: 4, verdict: 'denied', reason: { code: 'REQUIREMENT' } })
    expect(judged.missing?.map(({ leaf }) => leaf)).toEqual(missing)
    const told = await program.run(['verify', customer])
    for (const name of missing) expect(told.stdout + told.stderr).toContain(name)
  })

  test('is not verified without any signature', async context => {
    const { customer } = await ship(context, {})
    expect(await judge(await client(context), customer)).toMatchObject({ code: 1, verdict: 'notVerified' })
  })

  test('is denied once the signature of the aggregator has expired', async context => {
    const known = await people(context)
    const hub = [{ as: known.aggregator, options: ['--expiry', '1s'] }]
    const { customer } = await ship(context, { ...everybody(known), hub })
    await new Promise(resolve => setTimeout(resolve, 2000))
    const judged = await judge(await client(context), customer)
    expect(judged).toMatchObject({ code: 4, verdict: 'denied', missing: [{ leaf: 'aggregator' }] })
    expect(judged.missing![0]!.why).toContain('expired')
  })

  test('is denied once the signature of the aggregator is older than the policy allows', async context => {
    const { customer } = await ship(context, everybody(await people(context)))
    const program = await client(context)
    const later = new Date(Date.now() + 31 * 86_400_000).toISOString()
    const { code, document } = await program.json(['verify', '--at', later, customer])
    expect(code).toBe(4)
    const [target] = (document as { targets: readonly Target[] }).targets
    expect(target!.verdict).toBe('denied')
    const aggregator = target!.missing!.find(({ leaf }) => leaf === 'aggregator')
    expect(aggregator!.why).toContain('30 days')
  })

  test('is denied after the policy itself has expired', async context => {
    const { customer } = await ship(context, everybody(await people(context)))
    const program = await client(context, { expires: '2026-01-01T00:00:00Z' })
    expect(await judge(program, customer)).toMatchObject({
      code: 4,
      verdict: 'denied',
      reason: { code: 'POLICY_EXPIRED' },
    })
  })

  test('is denied once the certificate of the vendor is revoked, and unknown while nobody can tell', async context => {
    const authority = await wabbit(context)
    const known = await people(context)
    const vendor = await authority.issue('vendor', ['crl'])
    const { customer } = await ship(context, { ...everybody(known), vendor: [{ as: vendor }] })
    expect(await judge(await client(context), customer)).toMatchObject({ code: 0, verdict: 'verified' })
    authority.behaviour.crl = 'garbage'
    try {
      expect(await judge(await client(context), customer)).toMatchObject({
        code: 3,
        verdict: 'unknown',
        missing: [{ leaf: 'vendor' }],
      })
    } finally {
      authority.behaviour.crl = 'good'
    }
    await authority.revoke(vendor)
    const judged = await judge(await client(context), customer)
    expect(judged).toMatchObject({ code: 4, verdict: 'denied', missing: [{ leaf: 'vendor' }] })
    expect(judged.missing![0]!.why).toContain('revoked')
  })

  test('is denied if somebody else signed in the name of the vendor', async context => {
    const known = await people(context)
    const { customer } = await ship(context, { ...everybody(known), vendor: [{ as: known.impostor }] })
    expect(await judge(await client(context), customer)).toMatchObject({
      code: 4,
      verdict: 'denied',
      missing: [{ leaf: 'vendor' }],
    })
  })

  test('is not verified if only strangers signed', async context => {
    const { impostor } = await people(context)
    const way = { vendor: [{ as: impostor }], hub: [{ as: impostor, options: ['--again'] }] }
    const { customer } = await ship(context, way)
    expect(await judge(await client(context), customer)).toMatchObject({ code: 1, verdict: 'notVerified' })
  })

  test('is denied if one reviewer signed twice', async context => {
    const known = await people(context)
    const twice = [{ as: known.alice }, { as: known.alice, options: ['--again', '--format', 'cose'] }]
    const { customer } = await ship(context, { ...everybody(known), customer: twice })
    const judged = await judge(await client(context), customer)
    expect(judged).toMatchObject({ code: 4, verdict: 'denied' })
    expect(judged.missing).toHaveLength(1)
  })

  test('is denied if one key is that of two reviewers', async context => {
    const known = await people(context)
    const { customer } = await ship(context, { ...everybody(known), customer: [{ as: known.alice }] })
    const program = await client(context)
    // A person who got into the policy under another name.
    const file = join(program.trust, 'keys', 'bob.pem')
    await succeed('openssl', ['pkey', '-in', known.alice.keyPath, '-pubout', '-out', file])
    const judged = await judge(program, customer)
    expect(judged).toMatchObject({ code: 4, verdict: 'denied', reason: { code: 'REQUIREMENT' } })
    expect(judged.missing).toHaveLength(1)
  })
})
