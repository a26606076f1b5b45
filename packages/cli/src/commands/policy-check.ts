import type { Statement } from '@sealwright/notary'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { readGiven } from '../frame/read-all.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../trust/applies.ts'
import {
  faultLine,
  kindIn,
  noPolicy,
  readPolicies,
  type ShownPolicy,
  showPolicy,
} from '../trust/shown-policy.ts'
import { storeFaults } from '../trust/store-faults.ts'

const MAX_BYTES = 4 * 1024 * 1024

/** `sealwright policy check [FILE|-] [--for TARGET]` */
export async function policyCheck(
  context: Context,
  [file]: readonly string[],
  flags: Flags,
): Promise<Outcome> {
  const text = flags.for as string | undefined
  const target = text === undefined ? undefined : parseFor(text, context.io.cwd)
  const { trust } = (await context.settings()).paths
  const policies: ShownPolicy[] = []
  for (const shown of file === undefined ? await inDirectory(trust) : [await inFile(context, file)]) {
    const faults = [...shown.faults, ...(await storeFaults(context.io.now(), trust, shown))]
    policies.push({ ...shown, faults })
  }
  if (policies.length === 0) throw noPolicy(trust)
  const statements = policies.find(({ kind }) => target && kind === kindOf(target))?.statements ?? []
  const applies = target ? appliesTo(statements as readonly Statement[], target, text as string) : undefined
  const faults = policies.flatMap(policy => policy.faults.map(fault => faultLine(policy.file, fault)))
  const faulty = policies.some(policy => policy.faults.some(({ severity }) => severity === 'error'))
  return {
    exitCode: faulty ? EXIT.notVerified : EXIT.done,
    document: { policies: JSON.parse(JSON.stringify(policies)), for: applies ?? null },
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

async function inFile({ io }: Context, file: string): Promise<ShownPolicy> {
  const bytes = await readGiven(io, file, MAX_BYTES)
  return showPolicy({ path: file === '-' ? 'stdin' : file, bytes }, kindIn(bytes))
}
