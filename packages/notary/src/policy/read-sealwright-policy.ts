import { realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { fingerprint, isSealwrightError, keyType, SealwrightError } from '@sealwright/core'
import { decodePem } from '@sealwright/core/encoding'
import { readRegularFile, systemFailure } from '@sealwright/core/files'
import { type PolicyFaults, quoted } from '../trust/policy-faults.ts'
import type { SealwrightPolicySource } from '../trust/trust.ts'
import { concluded, openSealwrightPolicy } from './check-sealwright-policy.ts'
import type { SealwrightPolicy } from './policy.ts'
import { warnOfOverlap } from './policy-warnings.ts'

/** The largest public key that is known, of ML-DSA-87, takes 3.6 kB as PEM. */
const MAX_KEY_BYTES = 64 * 1024

/**
 * Reads Sealwright's policy and the public keys that it names: PEM, in the trust directory. A key that cannot be read is an
 * error of the policy, like any other.
 *
 * @param directory - The trust directory.
 * @param file - The policy's own path, for messages.
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { formatPolicyFault, readPolicyFile, readSealwrightPolicy } from '@sealwright/notary'
 *
 * const { path, bytes } = await readPolicyFile('/etc/notation', 'sealwright')
 * if (bytes !== undefined) {
 *   const { policy, faults } = await readSealwrightPolicy('/etc/notation', path, bytes)
 *   console.log(policy?.statements.length ?? faults.map(formatPolicyFault))
 * }
 * ```
 */
export async function readSealwrightPolicy(
  directory: string,
  file: string,
  input: Uint8Array | string,
): Promise<SealwrightPolicySource> {
  const opened = await openSealwrightPolicy(input, file)
  const { policy, collected } = opened
  const keys: Record<string, Uint8Array> = Object.create(null)
  if (policy !== undefined && collected !== undefined && !collected.fatal)
    await readKeys(directory, policy, keys, collected)
  return { file, ...concluded(opened), keys }
}

/** The trust stores that a policy names. */
export function storesOf(policy: SealwrightPolicy | undefined): readonly string[] {
  const { signers = {}, statements = [] } = policy ?? {}
  return [
    ...Object.values(signers).flatMap(signer => (signer.kind === 'certificates' ? signer.stores : [])),
    ...statements.flatMap(({ timestamp }) => timestamp.authorities),
  ]
}

async function readKeys(
  directory: string,
  { signers }: SealwrightPolicy,
  keys: Record<string, Uint8Array>,
  faults: PolicyFaults,
): Promise<void> {
  const owners = new Map<string, string>()
  for (const [name, signer] of Object.entries(signers)) {
    if (signer.kind !== 'key') continue
    if (signer.file !== undefined) {
      try {
        keys[name] = await readKey(directory, signer.file)
      } catch (error) {
        if (!isSealwrightError(error)) throw error
        const { message, why } = error
        const told = why === undefined ? message : `${message}: ${why}`
        faults.error(['signers', name, 'keyFile'], `keyFile ${quoted(signer.file)}: ${told}`)
        continue
      }
    }
    const print = signer.fingerprint ?? fingerprint(keys[name]!)
    const owner = owners.get(print)
    if (owner !== undefined) warnOfOverlap(faults, [owner, name], 'both are the same key')
    owners.set(print, name)
  }
}

/** Reads one PEM public key inside the directory, whatever links lead to it. */
async function readKey(directory: string, file: string): Promise<Uint8Array> {
  const path = join(directory, file)
  const [root, real] = [await realPath(directory), await realPath(path)]
  if (!real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`))
    throw new SealwrightError('VALIDATION', 'a symbolic link leads out of the trust directory')
  const [block, ...more] = decodePem(await readRegularFile(real, MAX_KEY_BYTES), path)
  if (block?.label !== 'PUBLIC KEY' || more.length > 0)
    throw new SealwrightError('VALIDATION', 'not one public key in PEM, with BEGIN PUBLIC KEY')
  keyType(block.bytes)
  return block.bytes
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    throw systemFailure(error, 'read', path)
  }
}
