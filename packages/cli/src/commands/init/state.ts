import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyLock } from '@sealwright/keyring'
import { type PolicyFile, readPolicyFile, readTrustStore, type Statement } from '@sealwright/notary'
import { type Certificate, orderChain, parseCertificates } from '@sealwright/x509'
import type { Paths } from '../../config/paths.ts'
import { chainPath } from '../../keys/chain.ts'
import { readKeyLock } from '../../keys/lock-file.ts'
import { readIfPresent } from '../../runtime/read-all.ts'
import { statementsOf } from '../../trust/policy-file.ts'
import { certificatesOf, parseStore, type StoreReference } from '../../trust/store.ts'

/** What there is already, of all that `init` makes. */
export interface InitState {
  readonly lock: KeyLock
  /** The file that a key of this name is made in. */
  readonly keyFile: string
  readonly keyFileExists: boolean
  readonly chainFile: string
  /** The kept chain. */
  readonly chain?: readonly Certificate[] | undefined
  readonly store: StoreReference
  readonly stored: readonly Certificate[]
  readonly policyFile: PolicyFile
  readonly statements: readonly Statement[]
}

/** Reads all of it; a file that is unusable stops `init` before it has changed anything. */
export async function readState(paths: Paths, name: string): Promise<InitState> {
  const chainFile = chainPath(paths.keys, name)
  const bytes = await readIfPresent(chainFile)
  const keyFile = join(paths.keys, `${name}.key`)
  const store = parseStore(`ca:${name}`)
  const policyFile = await readPolicyFile(paths.trust, 'oci')
  return {
    lock: await readKeyLock(paths.keyLock),
    keyFile,
    keyFileExists: existsSync(keyFile),
    chainFile,
    ...(bytes === undefined ? {} : { chain: orderChain(parseCertificates(bytes, chainFile)) }),
    store,
    stored: certificatesOf(await readTrustStore(paths.trust, store)),
    policyFile,
    statements: statementsOf(policyFile, 'oci'),
  }
}
