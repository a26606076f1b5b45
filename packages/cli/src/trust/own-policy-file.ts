import { isDeepStrictEqual } from 'node:util'
import { writeFileAtomic } from '@sealwright/core/files'
import { formatPolicyFault, type PolicyFile, readPolicyFile, readSealwrightPolicy } from '@sealwright/notary'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { lockedPolicy } from './policy-file.ts'

/** Sealwright's policy as its file has it: values as they are written. */
export interface RawPolicy {
  readonly [member: string]: unknown
  readonly signers: Readonly<Record<string, unknown>>
  readonly statements: readonly RawStatement[]
}

export interface RawStatement {
  readonly [member: string]: unknown
  readonly name: string
  readonly scopes?: readonly string[] | undefined
}

/** Reads Sealwright's policy of a trust directory. Throws `VALIDATION` for one with errors: it is never added to. */
export async function readOwnPolicy(
  trust: string,
): Promise<{ readonly file: PolicyFile; readonly policy: RawPolicy | undefined }> {
  const file = await readPolicyFile(trust, 'sealwright')
  if (file.bytes === undefined) return { file, policy: undefined }
  await assertUsable(trust, file.path, file.bytes, 'is not a trust policy that can be used')
  return { file, policy: JSON.parse(new TextDecoder().decode(file.bytes)) as RawPolicy }
}

/** Where Sealwright's policy is made, and what decides the rest: Notation's policy, where there is one already. */
export async function newOwnPolicy(
  trust: string,
): Promise<{ readonly path: string; readonly otherwise: 'deny' | 'notation' }> {
  const { path } = await readPolicyFile(trust, 'sealwright')
  const notation = [await readPolicyFile(trust, 'oci'), await readPolicyFile(trust, 'blob')]
  return { path, otherwise: notation.some(({ bytes }) => bytes !== undefined) ? 'notation' : 'deny' }
}

/**
 * Changes Sealwright's policy as it is at that moment; the previous file is kept as `.bak`.
 *
 * @param change - Gives what it was given where nothing is to be written.
 * @returns Whether anything was written.
 */
export async function updateOwnPolicy(
  { io, warn }: Session,
  trust: string,
  change: (policy: RawPolicy | undefined) => RawPolicy | undefined,
): Promise<boolean> {
  const apply = async (): Promise<
    { file: PolicyFile; text: string; warnings: readonly string[] } | undefined
  > => {
    const { file, policy } = await readOwnPolicy(trust)
    const after = change(policy)
    if (after === policy) return undefined
    return { file, text: textOf(after), warnings: await assertOwnPolicy(trust, file.path, after) }
  }
  // What is refused is refused before there is a lock, or a folder for it.
  if ((await apply()) === undefined) return false
  return lockedPolicy(io, trust, 'sealwright', async () => {
    const changed = await apply()
    if (changed === undefined) return false
    const { path, bytes } = changed.file
    if (bytes !== undefined) await writeFileAtomic(`${path}.bak`, bytes, { replaceLink: true })
    await writeFileAtomic(path, changed.text, { replaceLink: true })
    for (const warning of changed.warnings) warn(warning)
    return true
  })
}

/** Throws for a changed policy that could not be used; returns its warnings. */
export function assertOwnPolicy(
  trust: string,
  path: string,
  after: RawPolicy | undefined,
): Promise<readonly string[]> {
  return assertUsable(trust, path, textOf(after), 'cannot be changed so')
}

function textOf(policy: RawPolicy | undefined): string {
  return `${JSON.stringify(policy, null, 2)}\n`
}

/** Throws for a policy with errors; returns its warnings. */
async function assertUsable(
  trust: string,
  path: string,
  input: Uint8Array | string,
  what: string,
): Promise<readonly string[]> {
  const { policy, faults } = await readSealwrightPolicy(trust, path, input)
  const ofSeverity = (severity: string): readonly string[] =>
    faults.filter(fault => fault.severity === severity).map(formatPolicyFault)
  if (policy !== undefined) return ofSeverity('warning')
  throw usageError(`${path} ${what}`, {
    why: ofSeverity('error').join('; '),
    fix: 'nothing was changed; correct it, and look: sealwright policy check',
  })
}

/** A name for a signer like the wanted one: one that is free, or that means the same signer. */
export function freeSignerName(
  signers: Readonly<Record<string, unknown>>,
  wanted: string,
  signer?: unknown,
): string {
  const base = wanted
    .replaceAll(/[^A-Za-z0-9_.@-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 90)
  for (let number = 1; ; number++) {
    const name = `${base === '' ? 'signer' : base}${number === 1 ? '' : `-${number}`}`
    if (!Object.hasOwn(signers, name)) return name
    if (signer !== undefined && isDeepStrictEqual(signers[name], signer)) return name
  }
}
