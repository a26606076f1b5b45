import { shellQuote } from '@sealwright/core/encoding'
import type { Statement } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName, parseDistinguishedName } from '@sealwright/x509'
import { isMadeFor } from '../certificates/validity.ts'
import type { Context } from '../frame/context.ts'
import { formatTime } from '../frame/time.ts'
import { usageError } from '../frame/usage.ts'
import type { KeyFlags } from '../program/key-flags.ts'
import { assertScope } from '../trust/policy-members.ts'

const DEFAULT_EXPIRY_MS = 365 * 86_400_000

export interface InitFlags extends KeyFlags {
  readonly key?: string
  readonly scope?: readonly string[]
  readonly subject?: string
  readonly expiry?: number
  readonly passphrase?: false
  readonly dryRun?: true
}

/** Refuses flags that exclude one another. */
export function assertCombination(flags: InitFlags): void {
  if (flags.passphrase !== false) return
  const other =
    flags.passphraseFile === undefined ? (flags.key === undefined ? undefined : '--key') : '--passphrase-file'
  if (other === undefined) return
  throw usageError(`--no-passphrase and ${other} cannot be used together`, {
    why: 'it is for a key that is made, and stores it in clear text',
    fix: 'leave --no-passphrase out',
  })
}

/**
 * The subject of a certificate to be made, RFC 4514. Without one: a name that meets Notation's rules (C, ST and O) and
 * claims nothing; ZZ is the code that ISO 3166 leaves for an unknown country.
 */
export function subjectFor(name: string, subject: string | undefined): string {
  return formatDistinguishedName(parseDistinguishedName(subject ?? `CN=${name},O=${name},ST=Unknown,C=ZZ`))
}

/** How long a certificate to be made is valid. */
export function expiryFor(flags: InitFlags): number {
  return flags.expiry ?? DEFAULT_EXPIRY_MS
}

/** The repositories to trust the key for: the flags', those of the statement of its name, or the answer to a question. */
export async function scopesFor(
  { dialogue }: Context,
  name: string,
  flags: InitFlags,
  statements: readonly Statement[],
): Promise<readonly string[]> {
  for (const scope of flags.scope ?? []) assertScope(scope, '--scope')
  if (flags.scope !== undefined) return [...new Set(flags.scope)]
  const existing = statements.find(statement => statement.trustStores.includes(`ca:${name}`))
  if (existing?.registryScopes !== undefined) return existing.registryScopes
  const answer = await dialogue.ask({
    prompt: 'trust the key for which repository (registry.example/app, or * for all)? ',
    missing: 'a scope is needed and there is no terminal to ask on',
    fix: `sealwright init ${shellQuote(name)} --scope registry.example/app`,
  })
  const scopes = answer.split(/[\s,]+/).filter(scope => scope !== '')
  for (const scope of scopes) assertScope(scope, '--scope')
  if (scopes.length > 0) return scopes
  throw usageError('no scope was given', {
    why: 'a key is trusted for repositories that are named',
    fix: '--scope registry.example/app, or --scope "*"',
  })
}

/** Throws where a flag asks for another certificate than the one that exists and is kept. */
export function assertAgrees(
  chain: readonly Certificate[] | undefined,
  flags: InitFlags,
  name: string,
): void {
  const leaf = chain?.[0]
  if (leaf === undefined) return
  const subject = formatDistinguishedName(leaf.subject)
  const refuse = (flag: string, why: string): never => {
    throw usageError(`${flag} cannot change the certificate of key ${name}`, {
      why: `it exists and is kept: ${why}`,
      fix: `leave ${flag} out, or choose another name`,
    })
  }
  if (flags.subject !== undefined && subjectFor(name, flags.subject) !== subject) refuse('--subject', subject)
  if (flags.expiry !== undefined && !isMadeFor(leaf, flags.expiry))
    refuse('--expiry', `valid to ${formatTime(leaf.notAfter)}`)
}
