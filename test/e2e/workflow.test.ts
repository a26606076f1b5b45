import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeImage, pullManifest, pushImage } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { programHome } from './program.ts'

interface VerifyDocument {
  readonly targets: readonly {
    readonly signatures: readonly {
      readonly signer?: { readonly subject: string }
      readonly verdict: string
    }[]
  }[]
}

test.for([
  ['with the referrers API', startOlareg],
  ['without the referrers API', (context: Parameters<typeof startOlareg>[0]) => startDistribution(context)],
] as const)(
  'a vendor signs, an aggregator certifies and a customer attests one image in a registry %s',
  { timeout: 900_000 },
  async ([, start], context) => {
    await using registry = await start(context)
    const image = makeImage()
    await pushImage(registry.url, 'app', image, 'v1')
    const reference = `${registry.host}/app:v1`

    const parties = []
    for (const name of ['vendor', 'aggregator', 'customer']) {
      const program = await programHome(context)
      const subject = `CN=${name},O=Acme ${name},ST=WA,C=US`
      await program.expect(0, ['init', name, '--scope', `${registry.host}/app`, '--subject', subject])
      const certificate = join(program.home, 'config', 'sealwright', 'keys', `${name}.crt`)
      parties.push({ name, program, certificate })
    }
    const [vendor, aggregator, customer] = parties

    await vendor!.program.expect(0, ['sign', reference])

    await aggregator!.program.expect(1, ['verify', reference])
    const trusting = ['verify', '--trusted-cert', vendor!.certificate, reference]
    await aggregator!.program.expect(0, trusting)
    const certify = ['sign', '-m', 'certified=2026', reference]
    await aggregator!.program.expect(0, certify)

    for (const { name, certificate } of [vendor!, aggregator!])
      await customer!.program.expect(0, ['cert', 'add', `ca:${name}`, certificate])
    await customer!.program.expect(0, ['sign', '-m', 'use=production', reference])

    for (const { name, program } of parties) {
      const { code } = await program.json(['verify', reference])
      expect(code, `${name} trusts its own signature`).toBe(0)
    }
    const anchors = parties.flatMap(({ certificate }) => ['--trusted-cert', certificate])
    const { code, document } = await customer!.program.json(['verify', '--all', ...anchors, reference])
    expect(code).toBe(0)
    const { signatures } = (document as VerifyDocument).targets[0]!
    expect(signatures.map(({ verdict }) => verdict)).toEqual(['verified', 'verified', 'verified'])
    const subjects = signatures.map(({ signer }) => signer?.subject.match(/CN=(\w+)/)?.[1])
    expect(subjects.toSorted()).toEqual(['aggregator', 'customer', 'vendor'])

    for (const name of ['v1', image.digest])
      expect((await pullManifest(registry.url, 'app', name))?.digest).toBe(image.digest)
  },
)
