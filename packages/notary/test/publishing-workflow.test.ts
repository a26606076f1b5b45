import { describe, expect, it } from 'vitest'
import {
  createVerifier,
  findSignatures,
  notaryCose,
  notaryJws,
  signArtifact,
  trustAnchors,
} from '../src/index.ts'
import { imageStore } from './image.ts'
import { makeAuthority, makeParty, NOW, sealedBy } from './party.ts'

describe('the publishing workflow', () => {
  it('puts three signatures by three keys on one image, and each is found and verified', async () => {
    const { artifacts, image } = await imageStore()
    const authority = await makeAuthority('Vendor')
    const parties = {
      vendor: await makeParty({ organisation: 'Vendor', authority }),
      aggregator: await makeParty({ organisation: 'Aggregator', key: 'p384' }),
      consumer: await makeParty({ organisation: 'Consumer', key: 'rsa2048' }),
    }
    const made = {
      vendor: await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(parties.vendor)),
      aggregator: await signArtifact(
        { artifacts },
        image.digest,
        notaryCose,
        sealedBy(parties.aggregator, { binding: notaryCose }),
        {
          metadata: { certified: '2026' },
        },
      ),
      consumer: await signArtifact({ artifacts }, 'v1', notaryJws, sealedBy(parties.consumer), {
        metadata: { use: 'production' },
        manifest: 'artifact-type',
      }),
    }

    expect((await artifacts.resolve('v1')).digest).toBe(image.digest)
    const found: string[] = []
    for await (const { manifest } of findSignatures(artifacts, image)) found.push(manifest.digest)
    expect(found.toSorted()).toEqual(
      Object.values(made)
        .map(({ signature }) => signature.digest)
        .toSorted(),
    )

    for (const [name, party] of Object.entries(parties)) {
      const trust = trustAnchors({ certificates: [party.root.der] })
      const verifier = await createVerifier({ trust, clock: () => NOW })
      const report = await verifier.verify({ artifacts, reference: 'v1' }, { all: true })
      expect(report.verdict).toBe('verified')
      expect(report.policy).toMatchObject({ required: 1, met: 1 })
      const verified = report.signatures.filter(({ verdict }) => verdict === 'verified')
      expect(verified.map(({ digest }) => digest)).toEqual([made[name as keyof typeof made].signature.digest])
      expect(report.signatures.filter(({ reason }) => reason?.code === 'UNTRUSTED')).toHaveLength(2)
    }

    const all = trustAnchors({ certificates: Object.values(parties).map(({ root }) => root.der) })
    const everyone = await (await createVerifier({ trust: all, clock: () => NOW })).verify(
      { artifacts, reference: 'v1' },
      { all: true },
    )
    expect(everyone.signatures.map(({ verdict }) => verdict)).toEqual(['verified', 'verified', 'verified'])
  })
})
