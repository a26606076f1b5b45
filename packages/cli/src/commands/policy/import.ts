import { writeFileAtomic } from '@sealwright/core/files'
import {
  checkTrustPolicy,
  formatPolicyFault,
  type PolicyFault,
  readPolicyFile,
  readSealwrightPolicy,
} from '@sealwright/notary'
import type { Outcome } from '../../runtime/outcome.ts'
import { readGiven } from '../../runtime/read-all.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { lockedPolicy } from '../../trust/policy-file.ts'
import { kindIn } from '../../trust/shown-policy.ts'

const MAX_BYTES = 4 * 1024 * 1024

/** `sealwright policy import FILE|-` */
export async function policyImport(session: Session, [file]: readonly [string]): Promise<Outcome> {
  const { io } = session
  const bytes = await readGiven(io, file, MAX_BYTES)
  const kind = kindIn(bytes)
  const { trust } = (await session.settings()).paths
  const label = file === '-' ? 'stdin' : file
  assertUsable(
    kind === 'sealwright'
      ? await readSealwrightPolicy(trust, label, bytes)
      : checkTrustPolicy(bytes, kind, label),
    label,
  )
  const { path } = await readPolicyFile(trust, kind)
  const backup = `${path}.bak`
  const changed = await lockedPolicy(io, trust, kind, async () => {
    const previous = (await readPolicyFile(trust, kind)).bytes
    if (previous !== undefined && Buffer.compare(previous, bytes) === 0) return undefined
    if (previous !== undefined) await writeFileAtomic(backup, previous, { replaceLink: true })
    await writeFileAtomic(path, bytes, { replaceLink: true })
    return { backup: previous === undefined ? null : backup }
  })
  return {
    exitCode: 0,
    document: { kind, file: path, changed: changed !== undefined, backup: changed?.backup ?? null },
    lines: [
      changed === undefined
        ? `nothing to do: ${path} is this policy`
        : `wrote ${path}${changed.backup === null ? '' : `; the previous policy is ${backup}`}`,
    ],
  }
}

function assertUsable(
  { policy, faults }: { readonly policy?: object | undefined; readonly faults: readonly PolicyFault[] },
  label: string,
): void {
  if (policy !== undefined) return
  throw usageError(`${label} is not a trust policy that can be used`, {
    why: faults
      .filter(({ severity }) => severity === 'error')
      .map(formatPolicyFault)
      .join('; '),
    fix: 'correct it, and import it again; nothing was changed',
  })
}
