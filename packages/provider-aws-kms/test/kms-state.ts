import { randomUUID } from 'node:crypto'
import { isKeySpec, type KeySpec, type KmsKey, kmsKey, Refused } from './kms-key.ts'

export const ACCOUNT = '111122223333'

/** A key as the service keeps it. Tests change its state and what is said of it. */
interface StoredKey {
  readonly arn: string
  readonly id: string
  readonly region: string
  readonly key: KmsKey | undefined
  readonly spec: string
  state: string
  usage: string
  origin: string
  multiRegion: boolean
  policy: string
  /** Reads that do not see it yet: the service is eventually consistent. */
  unseen: number
}

interface StoredAlias {
  readonly name: string
  readonly region: string
  target: StoredKey
  /** Reads that still see what was before. */
  unseen: number
  before: StoredKey | undefined
}

type Input = Readonly<Record<string, unknown>>
type Output = Record<string, unknown>

/** What the service knows, and its operations by their names on the wire. */
export interface KmsState {
  /** Reads that do not see what was just written. */
  lag: number
  /** Entries of a page, whatever is asked for. */
  pageSize: number
  readonly keys: StoredKey[]
  readonly aliases: StoredAlias[]
  addKey(spec: string, region: string): StoredKey
  setAlias(name: string, target: StoredKey): void
  find(keyId: string, region: string): StoredKey
  readonly operations: Readonly<Record<string, (input: Input, region: string) => Output>>
}

const POLICY = JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [] })

export function kmsState(): KmsState {
  const keys: StoredKey[] = []
  const aliases: StoredAlias[] = []

  const state: KmsState = {
    lag: 0,
    pageSize: 1000,
    keys,
    aliases,
    addKey(spec, region) {
      const id = randomUUID()
      const key: StoredKey = {
        id,
        arn: `arn:aws:kms:${region}:${ACCOUNT}:key/${id}`,
        region,
        spec,
        key: isKeySpec(spec) ? kmsKey(spec as KeySpec) : undefined,
        state: 'Enabled',
        usage: isKeySpec(spec) ? 'SIGN_VERIFY' : 'ENCRYPT_DECRYPT',
        origin: 'AWS_KMS',
        multiRegion: false,
        policy: POLICY,
        unseen: 0,
      }
      keys.push(key)
      return key
    },
    setAlias(name, target) {
      const found = aliases.find(alias => alias.name === name && alias.region === target.region)
      if (found === undefined)
        aliases.push({ name, region: target.region, target, unseen: state.lag, before: undefined })
      else Object.assign(found, { before: found.target, target, unseen: state.lag })
    },
    find(keyId, region) {
      const local = localName(keyId, region)
      const found = local.startsWith('alias/') ? aliased(local, region) : keys.find(each => each.id === local)
      if (found === undefined || found.region !== region || found.unseen-- > 0) {
        const what = local.startsWith('alias/') ? 'Alias' : 'Key'
        throw new Refused(
          'NotFoundException',
          `${what} 'arn:aws:kms:${region}:${ACCOUNT}:${local}' does not exist`,
        )
      }
      found.unseen = 0
      return found
    },
    operations: {
      GetPublicKey: ({ KeyId }, region) => {
        const found = state.find(String(KeyId), region)
        assertEnabled(found)
        const { spec, usage, key } = found
        if (key === undefined) throw new Refused('UnsupportedOperationException', `${found.arn} is symmetric`)
        return {
          KeyId: found.arn,
          PublicKey: key.spki.toString('base64'),
          KeySpec: spec,
          CustomerMasterKeySpec: spec,
          KeyUsage: usage,
          SigningAlgorithms: key.algorithms,
        }
      },
      Sign: ({ KeyId, Message, MessageType = 'RAW', SigningAlgorithm }, region) => {
        const found = state.find(String(KeyId), region)
        assertEnabled(found)
        if (found.key === undefined) throw new Refused('InvalidKeyUsageException', `${found.arn} key usage`)
        const message = Buffer.from(String(Message), 'base64')
        const signature = found.key.sign(String(SigningAlgorithm), String(MessageType), message)
        return { KeyId: found.arn, Signature: signature.toString('base64'), SigningAlgorithm }
      },
      DescribeKey: ({ KeyId }, region) => ({ KeyMetadata: metadata(state.find(String(KeyId), region)) }),
      GetKeyPolicy: ({ KeyId }, region) => ({
        Policy: state.find(String(KeyId), region).policy,
        PolicyName: 'default',
      }),
      CreateKey: ({ KeySpec: spec = 'SYMMETRIC_DEFAULT', KeyUsage, Policy }, region) => {
        const made = state.addKey(String(spec), region)
        made.unseen = state.lag
        if (typeof KeyUsage === 'string') made.usage = KeyUsage
        if (typeof Policy === 'string') made.policy = Policy
        return { KeyMetadata: metadata(made) }
      },
      CreateAlias: ({ AliasName, TargetKeyId }, region) => {
        const target = state.find(String(TargetKeyId), region)
        if (aliases.some(({ name, region: of }) => name === AliasName && of === region)) {
          throw new Refused('AlreadyExistsException', `An alias with the name ${target.arn} already exists`)
        }
        state.setAlias(String(AliasName), target)
        return {}
      },
      UpdateAlias: ({ AliasName, TargetKeyId }, region) => {
        state.find(String(AliasName), region)
        state.setAlias(String(AliasName), state.find(String(TargetKeyId), region))
        return {}
      },
      ListKeys: (input, region) => {
        const here = keys.filter(key => key.region === region)
        return page(
          'Keys',
          here.map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })),
          input,
          state.pageSize,
        )
      },
      ListAliases: (input, region) => {
        const here = aliases.filter(alias => alias.region === region)
        const entries = here.map(({ name, target }) => ({
          AliasName: name,
          AliasArn: `arn:aws:kms:${region}:${ACCOUNT}:${name}`,
          TargetKeyId: target.id,
        }))
        const unused = {
          AliasName: 'alias/aws/s3',
          AliasArn: `arn:aws:kms:${region}:${ACCOUNT}:alias/aws/s3`,
        }
        return page('Aliases', [...entries, unused], input, state.pageSize)
      },
    },
  }

  function aliased(name: string, region: string): StoredKey | undefined {
    const alias = aliases.find(each => each.name === name && each.region === region)
    return alias !== undefined && alias.unseen-- > 0 ? alias.before : alias?.target
  }

  return state
}

function localName(keyId: string, region: string): string {
  if (!keyId.startsWith('arn:')) return keyId
  const [, , service, of, account, ...rest] = keyId.split(':')
  if (service !== 'kms' || of !== region) throw new Refused('NotFoundException', `Invalid arn ${of}`)
  if (account !== ACCOUNT) throw new Refused('AccessDeniedException', 'The resource is in another account')
  return rest.join(':').replace(/^key\//, '')
}

function assertEnabled({ arn, state }: StoredKey): void {
  if (state === 'Disabled') throw new Refused('DisabledException', `${arn} is disabled.`)
  if (state !== 'Enabled') throw new Refused('KMSInvalidStateException', `${arn} is pending deletion.`)
}

function metadata({ id, arn, key, spec, usage, state, origin, multiRegion }: StoredKey): Output {
  return {
    AWSAccountId: ACCOUNT,
    KeyId: id,
    Arn: arn,
    CreationDate: 1_700_000_000,
    Enabled: state === 'Enabled',
    KeyState: state,
    KeyUsage: usage,
    KeySpec: spec,
    SigningAlgorithms: key?.algorithms,
    Origin: origin,
    KeyManager: 'CUSTOMER',
    MultiRegion: multiRegion,
  }
}

function page(name: string, all: readonly object[], { Limit, Marker = '0' }: Input, most: number): Output {
  const from = Number(Marker)
  const to = from + Math.min(Number(Limit ?? 100), most)
  const more = to < all.length
  return { [name]: all.slice(from, to), Truncated: more, ...(more ? { NextMarker: String(to) } : {}) }
}
