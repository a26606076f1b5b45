import { readFile } from 'node:fs/promises'
import { createVerifier, type Trust, type Verifier } from '@sealwright/notary'
import { type ArtifactStore, memory } from '@sealwright/oci'
import { parseCertificates } from '@sealwright/x509'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { cpu, type Figure, pairs } from './measure.ts'
import { putImage, signerOf } from './signed-image.ts'

const LEAVES = 64
const FEW = 100
const MANY = 1000
const ROUNDS = 20
const PAIRS_OF_MANY = 7
const SCOPE = 'local/app'
const STORE = 'ca:acme'

/**
 * A requirement of 64 leaves, each a signer by name, against Notation's policy for the same signatures. All of them are
 * judged by either.
 */
export async function requirementFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const people: Identity[] = []
  for (let index = 0; index < LEAVES; index++)
    people.push(await makeLeaf(directory, `signer-${index}`, root, { type: 'EC-P256' }))
  // In memory, so that reading files is not what is measured.
  const artifacts = memory()
  const [few, many] = [await signed(artifacts, people, FEW), await signed(artifacts, people, MANY)]

  const pem = await readFile(root.certificatePath)
  const stores = {
    [STORE]: { certificates: parseCertificates(pem, root.certificatePath).map(({ der }) => der) },
  }
  const byTree = await createVerifier({ trust: { source: 'bench', stores, sealwright: treePolicy(people) } })
  const byOne = await createVerifier({ trust: { source: 'bench', stores, oci: plainPolicy() } })
  const judge = (verifier: Verifier, image: string, count: number) => async () => {
    const options = { all: true, maxSignatures: count }
    const { verdict, reason, signatures } = await verifier.verify(
      { artifacts, reference: image, scope: SCOPE },
      options,
    )
    if (verdict !== 'verified' || signatures.length !== count) throw new Error(`${verdict}: ${reason?.why}`)
  }
  const figures = [
    {
      name: '64 leaves over 100 signatures, beyond judging them one by one',
      ...(await pairs(
        () => cpu(() => repeat(ROUNDS, judge(byTree, few, FEW))),
        () => cpu(() => repeat(ROUNDS, judge(byOne, few, FEW))),
        (ours, theirs) => (ours - theirs) / ROUNDS,
      )),
      bound: { atMost: 5 },
      unit: 'ms',
    },
    {
      name: '64 leaves: one of 1,000 signatures / one of 100',
      ...(await pairs(
        () => cpu(judge(byTree, many, MANY)),
        () => cpu(() => repeat(MANY / FEW, judge(byTree, few, FEW))),
        (ours, theirs) => ours / theirs,
        PAIRS_OF_MANY,
      )),
      bound: { atMost: 1.5 },
      unit: '×',
    },
  ]
  await removeScratch(directory)
  return figures
}

/** An image with signatures by each in turn. */
async function signed(artifacts: ArtifactStore, people: readonly Identity[], count: number): Promise<string> {
  const image = await putImage(artifacts, `v${count}`, { layers: 1, layerBytes: 64 })
  for (const [index, person] of people.entries()) {
    await using signer = await signerOf(person)
    for (let at = index; at < count; at += people.length) await signer.sign(artifacts, image)
  }
  return image.digest
}

function treePolicy(people: readonly Identity[]): Trust['sealwright'] {
  const signers = people.map(({ name, subject }) => {
    const identities = [`x509.subject: ${subject}`]
    return [name, { kind: 'certificates' as const, stores: [STORE], identities }] as const
  })
  const leaves = people.map(({ name }) => ({ kind: 'signer' as const, signer: name }))
  return {
    file: 'trustpolicy.sealwright.json',
    faults: [],
    keys: {},
    policy: {
      version: 'sealwright/1',
      otherwise: 'deny',
      signers: Object.fromEntries(signers),
      statements: [
        {
          name: 'everybody',
          scopes: [SCOPE],
          files: false,
          default: false,
          require: { kind: 'all', of: leaves },
          timestamp: { require: 'never', authorities: [], atLeast: 1 },
          revocation: { mode: 'log', afterExpiry: 'proven' },
        },
      ],
    },
  }
}

function plainPolicy(): Trust['oci'] {
  return {
    file: 'trustpolicy.oci.json',
    faults: [],
    policy: {
      version: '1.0',
      trustPolicies: [
        {
          name: 'anybody',
          registryScopes: [SCOPE],
          signatureVerification: { level: 'strict', override: { revocation: 'log' } },
          trustStores: [STORE],
          trustedIdentities: ['*'],
        },
      ],
    },
  }
}

async function repeat(count: number, work: () => Promise<void>): Promise<void> {
  for (let round = 0; round < count; round++) await work()
}
