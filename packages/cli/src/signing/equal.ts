import type { SoundEnvelope } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { SignedTarget } from '../documents/signing.ts'
import type { Context } from '../frame/context.ts'
import { formatTime } from '../frame/time.ts'
import { describeSignature, type SignPlan } from './plan.ts'

/** Describes a signature that makes another one needless, and notes where it is not what was asked for now. */
export function describeEqual(
  context: Context,
  plan: SignPlan,
  digest: string,
  envelope: SoundEnvelope,
): NonNullable<SignedTarget['signature']> {
  const { attributes, chain } = envelope
  if ((attributes.expiry === undefined) !== (plan.expiryMs === undefined)) {
    context.note(
      `the equal signature ${attributes.expiry === undefined ? 'does not expire' : 'expires'}; --again makes another`,
    )
  }
  const [{ der, issuer, notAfter }, present] = [chain[0] as Certificate, plan.chain[0] as Certificate]
  if (Buffer.compare(der, present.der) !== 0) {
    context.note(
      `the equal signature has another certificate of the key, issued by ${formatDistinguishedName(issuer)} and valid to ${formatTime(notAfter)}; --again makes one with the present certificate`,
    )
  }
  return describeSignature(plan, digest, envelope)
}
