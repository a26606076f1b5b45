import { join } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import { formatTrustPolicy, parseTrustPolicy, type Statement } from '@sealwright/notary'
import { locked } from '../config/locked.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { Io } from '../frame/io.ts'

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

/**
 * Changes the statements of the policy that is in effect, as it is at that moment.
 *
 * @param change - Gives what it was given where nothing is to be written.
 */
export async function updateStatements(
  io: Io,
  trust: string,
  kind: PolicyKind,
  change: (statements: readonly Statement[], file: PolicyFile) => readonly Statement[],
): Promise<void> {
  const apply = async (): Promise<{ path: string; text: string } | undefined> => {
    const file = await findPolicyFile(trust, kind)
    const before = statementsOf(file, kind)
    const after = change(before, file)
    return after === before ? undefined : { path: file.path, text: textOf(after, kind, file.path) }
  }
  // What is refused is refused before there is a lock, or a folder for it.
  if ((await apply()) === undefined) return
  await locked(io, join(trust, FILES[kind].at(-1)!), async () => {
    const changed = await apply()
    if (changed !== undefined) await writeFileAtomic(changed.path, changed.text)
  })
}

/** A policy file of these statements, read back before anything is written. */
function textOf(statements: readonly Statement[], kind: PolicyKind, path: string): string {
  const text = formatTrustPolicy({ version: '1.0', trustPolicies: statements })
  parseTrustPolicy(text, kind, path)
  return text
}
