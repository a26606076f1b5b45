import type { KeyDocument } from '../documents/document.ts'
import type { SignedTarget } from '../documents/signing.ts'
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
    ...(stored
      ? [['stored', stored.path === null ? stored.as : `${stored.as} ${stored.path}`] as const]
      : []),
  ]
  return [
    `${paint('green', HEADLINES[outcome])}: ${printable(resolved ?? target.reference)}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(10)}  ${printable(value)}`),
  ]
}
