import { EXIT } from '../../runtime/exit.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { readGiven } from '../../runtime/read-all.ts'
import type { Session } from '../../session/session.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../../trust/applies.ts'
import {
  faultLine,
  kindIn,
  noPolicy,
  readPolicies,
  type ShownPolicy,
  showPolicy,
} from '../../trust/shown-policy.ts'
import { storeFaults } from '../../trust/store.ts'
import type { PolicyCheckFlags } from './spec.ts'

const MAX_BYTES = 4 * 1024 * 1024

/** `sealwright policy check [FILE|-] [--for TARGET]` */
export async function policyCheck(
  session: Session,
  [file]: readonly [string?],
  flags: PolicyCheckFlags,
): Promise<Outcome> {
  const text = flags.for
  const target = text === undefined ? undefined : parseFor(text, session.io.cwd)
  const { trust } = (await session.settings()).paths
  const policies: ShownPolicy[] = []
  for (const shown of file === undefined ? await inDirectory(trust) : [await inFile(session, file)]) {
    const faults = [...shown.faults, ...(await storeFaults(session.io.now(), trust, shown))]
    policies.push({ ...shown, faults })
  }
  if (policies.length === 0) throw noPolicy(trust)
  const statements = policies.find(({ kind }) => target && kind === kindOf(target))?.statements ?? []
  const applies = target && text !== undefined ? appliesTo(statements, target, text) : undefined
  const faults = policies.flatMap(policy => policy.faults.map(fault => faultLine(policy.file, fault)))
  const faulty = policies.some(policy => policy.faults.some(({ severity }) => severity === 'error'))
  return {
    exitCode: faulty ? EXIT.notVerified : EXIT.done,
    document: { policies, for: applies ?? null },
    lines: [
      ...(faults.length > 0 ? faults : policies.map(policy => `${policy.file}: no fault`)),
      ...(applies ? appliesLines(applies) : []),
    ],
  }
}

/** The policies of the trust directory; a file that cannot be read is one with a fault, and hides no other. */
async function inDirectory(trust: string): Promise<readonly ShownPolicy[]> {
  const { policies, errors } = await readPolicies(trust)
  const unread = errors.map(({ message, why }): ShownPolicy => {
    const told = why === undefined ? message : `${message}: ${why}`
    const fault = { severity: 'error', message: told, statement: null, line: null, column: null } as const
    return { kind: 'oci', file: trust, faults: [fault], statements: [] }
  })
  return [...unread, ...policies]
}

async function inFile({ io }: Session, file: string): Promise<ShownPolicy> {
  const bytes = await readGiven(io, file, MAX_BYTES)
  return showPolicy({ path: file === '-' ? 'stdin' : file, bytes }, kindIn(bytes))
}
