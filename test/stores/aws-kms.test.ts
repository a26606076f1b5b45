import { providerCases } from '@sealwright/conformance'
import { openSigner } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { callKms } from '../services/aws-call.ts'
import { LOCALSTACK_CREDENTIALS, startLocalstack } from '../services/localstack.ts'
import { MINISTACK_CREDENTIALS, startMinistack } from '../services/ministack.ts'
import { shared } from '../services/shared.ts'
import { emulatorHarness } from './aws-emulator.ts'

/** Installing and starting, the first time. */
const START_MS = 300_000

const servers = [
  {
    name: 'LocalStack 4.10.0',
    start: startLocalstack,
    credentials: LOCALSTACK_CREDENTIALS,
    knows: (type: string) => /^(RSA|EC)-/.test(type),
    judges: false,
  },
  {
    name: 'ministack 1.5.33',
    start: startMinistack,
    credentials: MINISTACK_CREDENTIALS,
    knows: (type: string) => !type.startsWith('ML-DSA'),
    judges: true,
  },
]

describe.each(servers)('$name', ({ start, ...options }) => {
  const emulated = emulatorHarness(options)
  const running = shared(async context => {
    const server = await start(context)
    emulated.startedAt(server.url)
    return server
  })

  for (const { title, skip, run } of providerCases(emulated.harness)) {
    it(title, { timeout: START_MS }, async context => {
      if (skip !== undefined) context.skip(skip)
      await running(context)
      await run()
    })
  }

  it('shows a key that was created in its list, and the new one once it is rotated', {
    timeout: START_MS,
  }, async context => {
    await running(context)
    await using kms = emulated.open()
    const call = { signal: AbortSignal.timeout(30_000) }
    const alias = 'awskms:///alias/Listed/App'
    const list = async (prefix: string) => {
      const found: string[] = []
      for await (const { reference } of kms.admin!.list({ prefix }, call)) found.push(reference)
      return found
    }
    const first = await kms.admin!.create({ reference: alias, type: 'EC-P256' }, call)
    const again = kms.admin!.create({ reference: alias, type: 'EC-P256' }, call)
    await expect(again).rejects.toMatchObject({ code: 'VALIDATION' })
    const second = await kms.admin!.rotate!(alias, call)
    expect(await list('awskms:///alias/Listed/')).toEqual([alias])
    expect(await list('awskms:///')).toEqual(expect.arrayContaining([first, second, alias]))
    await using signer = await openSigner(kms, alias)
    expect(signer.key).toMatchObject({ reference: second, protection: 'hsm' })
    expect(first).not.toBe(second)
  })

  it('signs with a multi-Region key in both of its Regions', { timeout: START_MS }, async context => {
    await running(context)
    await using kms = emulated.open()
    const emulator = emulated.emulator()
    const made = await callKms(emulator, 'CreateKey', {
      KeySpec: 'ECC_NIST_P256',
      KeyUsage: 'SIGN_VERIFY',
      MultiRegion: true,
    })
    const { Arn } = made.KeyMetadata as { readonly Arn: string }
    await callKms(emulator, 'ReplicateKey', {
      KeyId: Arn.slice(Arn.indexOf('mrk-')),
      ReplicaRegion: 'us-east-1',
    })
    const replica = Arn.replace(emulator.region, 'us-east-1')
    const keys: Buffer[] = []
    for (const reference of [Arn, replica]) {
      await using signer = await openSigner(kms, reference)
      await signer.sign(Buffer.from('a message'))
      expect(signer.key.reference).toBe(`awskms:///${reference}`)
      keys.push(Buffer.from(signer.key.publicKey))
    }
    expect(keys[0]).toEqual(keys[1])
  })
})
