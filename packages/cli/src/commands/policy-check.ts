import type { Statement } from '@sealwright/notary'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { readGiven } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import { appliesLines, appliesTo, kindOf, parseFor } from '../trust/applies.ts'
import { findPolicyFile, type PolicyFile, type PolicyKind } from '../trust/policy-file.ts'
import { faultLine, type ShownPolicy, showPolicy } from '../trust/shown-policy.ts'
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
  for (const { kind, path, bytes } of await sources(context, trust, file)) {
    const shown = showPolicy({ path, bytes }, kind)
    policies.push({
      ...shown,
      faults: [...shown.faults, ...(await storeFaults(context.io.now(), trust, shown))],
    })
  }
  if (policies.length === 0) {
    throw usageError(`there is no policy in ${trust}`, {
      why: 'neither trustpolicy.oci.json, trustpolicy.json nor trustpolicy.blob.json exists there',
      fix: 'sealwright policy init --name NAME --scope registry.example/app --trust-store ca:NAME',
    })
  }
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

async function sources(
  { io }: Context,
  trust: string,
  file: string | undefined,
): Promise<readonly (Required<PolicyFile> & { readonly kind: PolicyKind })[]> {
  if (file !== undefined) {
    const bytes = await readGiven(io, file, MAX_BYTES)
    return [{ path: file === '-' ? 'stdin' : file, bytes, kind: kindIn(bytes) }]
  }
  const found: (Required<PolicyFile> & { readonly kind: PolicyKind })[] = []
  for (const kind of ['oci', 'blob'] as const) {
    const { path, bytes } = await findPolicyFile(trust, kind)
    if (bytes !== undefined) found.push({ path, bytes, kind })
  }
  return found
}

/** A policy for files says so in no place of its own: no statement of it has scopes. */
function kindIn(bytes: Uint8Array): PolicyKind {
  const text = Buffer.from(bytes).toString('utf8')
  return text.includes('"trustPolicies"') && !text.includes('"registryScopes"') ? 'blob' : 'oci'
}
