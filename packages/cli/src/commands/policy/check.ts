import { EXIT } from '../../runtime/exit.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { readGiven } from '../../runtime/read-all.ts'
import type { Session } from '../../session/session.ts'
import { appliesLines, appliesTo, parseFor } from '../../trust/applies.ts'
import {
  faultLine,
  kindIn,
  noPolicy,
  policyDocument,
  readPolicies,
  type ShownPolicy,
  showOwnPolicy,
  showPolicy,
} from '../../trust/shown-policy.ts'
import { policyStateFaults } from '../../trust/store.ts'
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
  for (const shown of file === undefined ? await inDirectory(trust) : [await inFile(session, trust, file)]) {
    const faults = [...shown.faults, ...(await policyStateFaults(session.io.now(), trust, shown))]
    policies.push({ ...shown, faults })
  }
  if (policies.length === 0) throw noPolicy(trust)
  const applies =
    target && text !== undefined ? appliesTo(policies, target, { text, now: session.io.now() }) : undefined
  const faults = policies.flatMap(policy => policy.faults.map(fault => faultLine(policy.file, fault)))
  const faulty = policies.some(policy => policy.faults.some(({ severity }) => severity === 'error'))
  return {
    exitCode: faulty ? EXIT.notVerified : EXIT.done,
    document: { policies: policies.map(policyDocument), for: applies ?? null },
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

async function inFile({ io }: Session, trust: string, file: string): Promise<ShownPolicy> {
  const bytes = await readGiven(io, file, MAX_BYTES)
  const given = { path: file === '-' ? 'stdin' : file, bytes }
  const kind = kindIn(bytes)
  return kind === 'sealwright' ? showOwnPolicy(trust, given) : showPolicy(given, kind)
}
