import { resolve } from 'node:path'
import type { KeyProvider } from '@sealwright/core'
import { isKeyName } from '../config/key-name.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

/**
 * A key reference as the stores read it: bare ids that a cloud console prints get their scheme, and a file gets its whole
 * path, so that a name means the same key wherever it is used.
 *
 * @returns `undefined` for a name.
 * @throws {@link SealwrightError} `VALIDATION` for what is neither a name nor a reference, and for a secret inside one.
 */
export function normalReference(text: string, cwd: string): string | undefined {
  if (isKeyName(text)) return undefined
  refuseSecret(text)
  if (/^arn:aws[a-z-]*:kms:/.test(text)) return `awskms:///${text}`
  if (/^projects\/[^/]+\/locations\//.test(text)) return `gcpkms://${text}`
  const azure = /^https:\/\/([^/]+)(?:\/|\/keys(?:\/(.*))?)?$/.exec(text)
  if (azure) return `azurekms://${azure[1]}${azure[2] ? `/${azure[2]}` : ''}`
  // The portal shows these beside the id of the key; the store says how the key is called.
  if (/^https:\/\/[^/]+\/(?:certificates|secrets)\//.test(text)) return text.replace('https:', 'azurekms:')
  if (text.startsWith('file:')) return `file:${resolve(cwd, fileOf(text))}`
  if (/^[a-z][a-z0-9+.-]+:/.test(text)) return text
  throw usageError(`"${text}" is neither the name of a key nor a reference`, {
    why: 'a name has letters, digits, dots, dashes and underscores; a reference starts with its store',
    fix: text.startsWith('alias/') ? `write awskms:///${text}` : `for a file write file:${text}`,
  })
}

/** The path of a `file:` reference as written. */
export function fileOf(reference: string): string {
  const path = reference.slice('file:'.length).replace(/^\/\/(?=\/)/, '')
  if (path === '') throw usageError('"file:" names no path', { fix: 'write file:PATH' })
  return path
}

/** The scheme of a reference, without the colon. */
export function schemeOf(reference: string): string {
  return reference.slice(0, reference.indexOf(':'))
}

/** Secrets are seen by everybody who sees the process; the message does not repeat them. */
function refuseSecret(text: string): void {
  if (
    !/[:?&;](?:pin-value|pin-source|pin|passphrase|password|secret)=/i.test(text) &&
    !/^[a-z]+:\/\/[^/@:]*:[^/@]*@/i.test(text)
  )
    return
  throw usageError('the reference of the key holds a secret, or the place of one', {
    why: 'arguments are visible to every program of this machine, and references are written to files',
    fix: 'leave it out, change the secret, and give it by --passphrase-file, --pin-file or SEALWRIGHT_PIN_FILE',
  })
}

/** A reference that was given, with its scheme. A name is refused: it stands for a key already. */
export function givenReference({ io }: Session, text: string): string {
  const reference = normalReference(text, io.cwd)
  if (reference !== undefined) return reference
  throw usageError(`"${text}" is not a reference to a key`, {
    why: 'a reference starts with the store: file:, awskms:, azurekms:, gcpkms:, hashivault:, pkcs11:',
    fix: `for a file write file:./${text}`,
  })
}

/** A reference that was given, in the one spelling of its store. */
export async function canonicalReference(
  session: Session,
  keys: { provider(reference: string): Promise<KeyProvider> },
  text: string,
): Promise<string> {
  const reference = givenReference(session, text)
  return (await keys.provider(reference)).canonical(reference)
}
