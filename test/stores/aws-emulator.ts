import type { FaultHooks, ProviderHarness } from '@sealwright/conformance'
import { awsKms } from '../../packages/provider-aws-kms/src/index.ts'
import { KEYS, REFUSED, SPELLINGS } from '../../packages/provider-aws-kms/test/harness.ts'
import { type AwsEmulator, callIam, callKms } from '../services/aws-call.ts'

const REGION = 'eu-central-1'

interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface EmulatorOptions {
  readonly name: string
  readonly credentials: Credentials
  /** Types of key that it knows. */
  readonly knows: (type: string) => boolean
  /** It judges credentials and policies. */
  readonly judges: boolean
}

export interface EmulatorHarness {
  readonly harness: ProviderHarness
  /** Says where it runs; before any case runs. */
  startedAt(url: string): void
  emulator(): AwsEmulator
  open(): ReturnType<typeof awsKms>
}

/** The harness of a server of others', which runs only once a case needs it. */
export function emulatorHarness(options: EmulatorOptions): EmulatorHarness {
  const { credentials, judges } = options
  let url: string | undefined
  let current = credentials
  const made = new Map<string, Promise<string>>()
  let count = 0

  const emulator = (): AwsEmulator => {
    if (url === undefined) throw new Error(`${options.name} does not run`)
    return { url, accessKeyId: credentials.accessKeyId, region: REGION }
  }
  const open = () =>
    awsKms({
      endpoint: emulator().url,
      region: REGION,
      // Credentials about to expire are asked for again with each request, so that a fault can change them.
      credentials: async () => ({ ...current, expiration: new Date(Date.now() + 60_000) }),
    })
  const make = async (spec: string): Promise<string> => {
    const reply = await callKms(emulator(), 'CreateKey', { KeySpec: spec, KeyUsage: 'SIGN_VERIFY' })
    return (reply.KeyMetadata as { readonly Arn: string }).Arn
  }
  const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)
  const changing = async (change: (alias: string, arn: string) => Promise<unknown>) => {
    const arn = await make('ECC_NIST_P256')
    const alias = `alias/changing-${++count}`
    await callKms(emulator(), 'CreateAlias', { AliasName: alias, TargetKeyId: idOf(arn) })
    return { reference: `awskms:///${alias}`, change: async () => void (await change(alias, arn)) }
  }
  const as = (other: () => Promise<Credentials>) => async () => {
    current = await other()
    return () => {
      current = credentials
    }
  }
  const faults: FaultHooks = {
    deny: as(() => userWithoutRights(emulator(), `nobody-${++count}`)),
    unauthenticated: as(async () => ({ ...credentials, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' })),
  }
  return {
    emulator,
    open,
    startedAt: at => {
      url = at
    },
    harness: {
      name: `aws-kms on ${options.name}`,
      open,
      keys: KEYS.filter(({ type }) => options.knows(type)).map(({ type, spec, algorithms }) => ({
        type,
        algorithms,
        reference: async () => {
          const known = made.get(spec) ?? make(spec)
          made.set(spec, known)
          return `awskms:///${await known}`
        },
      })),
      missing: () => 'awskms:///1234abcd-12ab-34cd-56ef-1234567890ab',
      spellings: SPELLINGS,
      refused: REFUSED,
      secrets: [credentials.secretAccessKey],
      rotate: () =>
        changing(async alias => {
          await using provider = open()
          await provider.admin!.rotate!(`awskms:///${alias}`, { signal: AbortSignal.timeout(20_000) })
        }),
      moveAlias: () =>
        changing(async alias => {
          const other = await make('ECC_NIST_P256')
          await callKms(emulator(), 'UpdateAlias', { AliasName: alias, TargetKeyId: idOf(other) })
        }),
      disable: () => changing((_, arn) => callKms(emulator(), 'DisableKey', { KeyId: arn })),
      remove: () =>
        changing((_, arn) =>
          callKms(emulator(), 'ScheduleKeyDeletion', { KeyId: arn, PendingWindowInDays: 7 }),
        ),
      ...(judges ? { faults: { open: faults, sign: faults } } : {}),
    },
  }
}

async function userWithoutRights(emulator: AwsEmulator, name: string): Promise<Credentials> {
  await callIam(emulator, { Action: 'CreateUser', UserName: name })
  const xml = await callIam(emulator, { Action: 'CreateAccessKey', UserName: name })
  const text = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(xml)?.[1] ?? ''
  return { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey') }
}
