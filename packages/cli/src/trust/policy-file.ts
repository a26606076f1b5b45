import { join } from 'node:path'
import { formatTrustPolicy, parseTrustPolicy, type Statement } from '@sealwright/notary'
import { readIfPresent } from '../config/read-if-present.ts'
import { writeFileAtomic } from '../config/write-file.ts'

export type PolicyKind = 'oci' | 'blob'

/** Where Notation looks, in this order; a new file is the last of them, which notation 1.x reads too. */
const FILES: Readonly<Record<PolicyKind, readonly [...others: string[], made: string]>> = {
  oci: ['trustpolicy.oci.json', 'trustpolicy.json'],
  blob: ['trustpolicy.blob.json'],
}

/** A policy file of the trust directory. */
export interface PolicyFile {
  readonly path: string
  /** Absent where there is no file yet. */
  readonly bytes?: Uint8Array
}

/** The policy file of a kind that is in effect, as Notation chooses it: the first there is, else the one to make. */
export async function findPolicyFile(trust: string, kind: PolicyKind): Promise<PolicyFile> {
  for (const name of FILES[kind]) {
    const path = join(trust, name)
    const bytes = await readIfPresent(path)
    if (bytes !== undefined) return { path, bytes }
  }
  return { path: join(trust, FILES[kind].at(-1)!) }
}

/** The statements of a policy file. Throws `VALIDATION` for a file with errors: it is never added to. */
export function statementsOf({ path, bytes }: PolicyFile, kind: PolicyKind): readonly Statement[] {
  return bytes === undefined ? [] : parseTrustPolicy(bytes, kind, path).trustPolicies
}

/** Replaces the statements of a policy file, after reading back what will be written. */
export async function writeStatements(
  { path }: PolicyFile,
  kind: PolicyKind,
  statements: readonly Statement[],
): Promise<void> {
  const text = formatTrustPolicy({ version: '1.0', trustPolicies: statements })
  parseTrustPolicy(text, kind, path)
  await writeFileAtomic(path, text)
}
