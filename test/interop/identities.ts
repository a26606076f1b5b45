import {
  type Authority,
  type Identity,
  KEY_TYPES,
  makeAuthority,
  makeLeaf,
  type TestKeyType,
} from '../services/certificates.ts'
import { scratch } from '../services/scratch.ts'

export const TYPES = Object.keys(KEY_TYPES) as readonly TestKeyType[]

/** What the Notary Project prescribes for each. */
export const NOTARY_ALGORITHMS = {
  'RSA-2048': 'PS256',
  'RSA-3072': 'PS384',
  'RSA-4096': 'PS512',
  'EC-P256': 'ES256',
  'EC-P384': 'ES384',
  'EC-P521': 'ES512',
} as const satisfies Readonly<Record<TestKeyType, string>>

export interface Identities {
  readonly directory: string
  readonly root: Authority
  /** One key of each type with a leaf issued by `root`, by the name of the type. */
  readonly leaves: Readonly<Record<TestKeyType, Identity>>
}

/** Keys of all six types under one root; RSA takes a few seconds, so once a file. */
export async function makeIdentities(): Promise<Identities> {
  const directory = await scratch('identities')
  const root = await makeAuthority(directory, 'root')
  const leaves = await Promise.all(
    TYPES.map(async type => [type, await makeLeaf(directory, type, root, { type })] as const),
  )
  return { directory, root, leaves: Object.fromEntries(leaves) as Record<TestKeyType, Identity> }
}
