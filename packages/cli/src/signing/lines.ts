import type { KeyDocument } from '../documents/document.ts'
import type { AttachDocument, SignedTarget } from '../documents/signing.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'

const HEADLINES = {
  signed: 'signed',
  unchanged: 'nothing to do: an equal signature exists',
  wouldSign: 'would be signed',
  failed: 'failed',
} as const

/** One target of `sign` as text. */
export function signedLines(target: SignedTarget, key: KeyDocument, paint: Paint): string[] {
  const { outcome, resolved, signature, stored } = target
  const metadata = Object.entries(signature?.metadata ?? {}).map(([name, value]) => `${name}=${value}`)
  const facts: (readonly [string, string])[] = [
    ...(signature ? [['signature', `${signature.digest}  ${signature.format}`] as const] : []),
    ...(target.platform ? [['platform', target.platform] as const] : []),
    ['algorithm', signature?.algorithm ?? key.algorithm],
    ['key', `${key.name === null ? '' : `${key.name}  `}${key.resolved}`],
    ['public key', key.fingerprint],
    ...(signature ? [['signer', signature.subject] as const] : []),
    ...(metadata.length > 0 ? [['metadata', metadata.join(', ')] as const] : []),
    ...(signature?.expiry ? [['expires', signature.expiry] as const] : []),
    ...(stored ? [['stored', placeText(stored)] as const] : []),
  ]
  return [
    `${paint('green', HEADLINES[outcome])}: ${printable(resolved ?? target.reference)}`,
    ...factLines(facts),
  ]
}

/** What `attach` did, as text. */
export function attachedLines(attached: AttachDocument, paint: Paint): string[] {
  const { outcome, resolved, signature, stored } = attached
  const metadata = Object.entries(signature.metadata).map(([name, value]) => `${name}=${value}`)
  const headline = outcome === 'attached' ? 'attached' : 'nothing to do: this envelope is attached already'
  const facts: (readonly [string, string])[] = [
    ['signature', `${signature.digest}  ${signature.format}`],
    ['envelope', signature.envelope],
    ['algorithm', signature.algorithm],
    ['signer', signature.subject],
    ['signed', signature.signingTime],
    ...(metadata.length > 0 ? [['metadata', metadata.join(', ')] as const] : []),
    ...(signature.expiry ? [['expires', signature.expiry] as const] : []),
    ...(stored ? [['stored', placeText(stored)] as const] : []),
  ]
  return [`${paint('green', headline)}: ${printable(resolved)}`, ...factLines(facts)]
}

function placeText({ as, path }: NonNullable<SignedTarget['stored']>): string {
  return path === null ? as : `${as} ${path}`
}

function factLines(facts: readonly (readonly [string, string])[]): string[] {
  return facts.map(([name, value]) => `  ${name.padEnd(10)}  ${printable(value)}`)
}
