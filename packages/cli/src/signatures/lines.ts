import type { z } from 'zod'
import type { KeyDocument } from '../runtime/document.ts'
import { printable, type Style } from '../runtime/text.ts'
import type { AttachDocument, SignedTarget, StapledDocument, timestamp } from './document.ts'

const HEADLINES = {
  signed: 'signed',
  unchanged: 'nothing to do: an equal signature exists',
  wouldSign: 'would be signed',
  failed: 'failed',
} as const

/** One target of `sign` as text. */
export function signedLines(target: SignedTarget, key: KeyDocument, style: Style): string[] {
  const { outcome, resolved, signature, stored } = target
  const metadata = Object.entries(signature?.metadata ?? {}).map(([name, value]) => `${name}=${value}`)
  const facts: (readonly [string, string])[] = [
    ...(signature ? [['signature', `${signature.digest}  ${signature.format}`] as const] : []),
    ...(target.platform ? [['platform', target.platform] as const] : []),
    ['algorithm', signature?.algorithm ?? key.algorithm],
    ['key', `${key.name === null ? '' : `${key.name}  `}${key.resolved}`],
    ['public key', key.fingerprint],
    ...(signature?.subject ? [['signer', signature.subject] as const] : []),
    ...(metadata.length > 0 ? [['metadata', metadata.join(', ')] as const] : []),
    ...(signature?.timestamp ? [['timestamp', timestampText(signature.timestamp)] as const] : []),
    ...(signature?.stapled ? [['stapled', stapledText(signature.stapled)] as const] : []),
    ...(signature?.expiry ? [['expires', signature.expiry] as const] : []),
    ...(stored ? [['stored', placeText(stored)] as const] : []),
  ]
  return [
    `${style('green', HEADLINES[outcome])}: ${printable(resolved ?? target.reference)}`,
    ...factLines(facts),
  ]
}

/** What `attach` did, as text. */
export function attachedLines(attached: AttachDocument, style: Style): string[] {
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
  return [`${style('green', headline)}: ${printable(resolved)}`, ...factLines(facts)]
}

/** A timestamp as one line of facts. */
export function timestampText({ time, authority, url }: z.infer<typeof timestamp>): string {
  return `${time}  ${authority}  ${url}`
}

function stapledText({ ocsp, crls }: StapledDocument): string {
  const parts = [
    ...(ocsp > 0 ? [`${ocsp} OCSP response${ocsp === 1 ? '' : 's'}`] : []),
    ...(crls > 0 ? [`${crls} CRL${crls === 1 ? '' : 's'}`] : []),
  ]
  return parts.join(', ') || 'nothing'
}

function placeText({ as, path }: NonNullable<SignedTarget['stored']>): string {
  return path === null ? as : `${as} ${path}`
}

function factLines(facts: readonly (readonly [string, string])[]): string[] {
  return facts.map(([name, value]) => `  ${name.padEnd(10)}  ${printable(value)}`)
}
