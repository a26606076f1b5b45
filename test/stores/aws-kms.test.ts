import { afterAll, describe, it } from 'vitest'
import { providerCases } from '../../packages/conformance/src/index.ts'
import { fakeAwsKms } from '../../packages/provider-aws-kms/test/fake-aws-kms.ts'
import { fakeHarness } from '../../packages/provider-aws-kms/test/harness.ts'
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
    deviations: {},
  },
  {
    name: 'ministack 1.5.33',
    start: startMinistack,
    credentials: MINISTACK_CREDENTIALS,
    knows: (type: string) => !type.startsWith('ML-DSA'),
    judges: true,
    deviations: {},
  },
]

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())

describe.each(servers)('$name', ({ start, ...options }) => {
  const { harness, startedAt } = emulatorHarness(options)
  const running = shared(async context => {
    const server = await start(context)
    startedAt(server.url)
    return server
  })
  for (const { title, skip, run } of providerCases({ ...harness, fake: fakeHarness(fake) })) {
    it(title, { timeout: START_MS }, async context => {
      if (skip !== undefined) context.skip(skip)
      await running(context)
      await run()
    })
  }
})
