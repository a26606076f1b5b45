import type { ErrorCode, Remedy, SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'

export const ISSUES = 'https://github.com/sealwright/sealwright/issues'

/** What to do where the error itself does not say. */
const OF_CODE: Readonly<Record<ErrorCode, string>> = {
  VALIDATION: 'correct the argument or the file that is named above',
  UNSUPPORTED: 'use what is supported; --help lists what the command takes',
  NOT_FOUND: 'check the name, and the place that was searched',
  ACCESS_DENIED: 'ask for this permission; retrying will not help',
  UNAUTHENTICATED: 'log in, or check the credentials',
  THROTTLED: 'try again later',
  UNAVAILABLE: 'try again later',
  TIMEOUT: 'try again, or allow more: --timeout 5m',
  ABORTED: 'run the command again; completed work is kept',
  KEY_STATE: 'enable the key in its store, or use another',
  KEY_MISMATCH: 'name the key that was meant: -k KEY',
  INTEGRITY: 'try again; if it recurs, tell the operator of the store',
  PIN_INCORRECT: 'correct the passphrase or PIN; it was tried once',
  PIN_LOCKED: "unlock it with the store's own tool",
  USER_PRESENCE: 'try again, and touch the token when asked',
  INTERNAL: `report it: ${ISSUES}`,
}

/** What to do about a verdict whose reason does not say. None of them loosens a policy. */
const OF_REASON: Readonly<Record<string, string>> = {
  UNSIGNED: 'ask the publisher, or check that you have the right registry: mirrors often drop referrers',
  MALFORMED: 'ask the publisher to sign again; the signature that is there cannot be read',
  MISSING: 'ask the publisher to sign again, or copy the artifact with its referrers',
  TAMPERED: 'do not use it; fetch it again from its source, and tell its publisher if it stays so',
  CERTIFICATE: 'ask the signer to sign with a certificate that meets the rule',
  UNTRUSTED: 'ask the publisher, over another channel, which key or certificate they sign with',
  TRUST_STORE: 'repair the trust store; until then no signature is trusted',
  EXPIRED: 'ask the publisher to sign again',
  TIMESTAMP: 'ask the publisher for a signature with a timestamp',
  REVOCATION: 'do not use it; ask the publisher to sign again with a certificate that is not revoked',
  UNSUPPORTED: 'ask the publisher what the signature demands',
  METADATA: 'ask the publisher for a signature with this metadata',
  AGE: 'ask its signer to sign it again',
  ATTESTATION: 'ask its publisher to attest this: sealwright attest --type TYPE --predicate FILE TARGET',
  NO_STATEMENT: 'ask the owner of the policy; to see what applies: sealwright policy show --for TARGET',
  REQUIREMENT: 'ask those who are named as missing to sign or attest the target',
  REGISTRY: 'copy it to a registry that the policy allows: sealwright copy SOURCE DESTINATION',
  POLICY_EXPIRED: 'ask the owner of the policy for a current one',
  LIMIT: 'look at more of them: --max-signatures',
  UNREADABLE: 'try again',
}

/** What to do about an error, with the command or the option that does it; `undefined` where only its code says. */
export function ownFixOf({ fix, remedy }: SealwrightError): string | undefined {
  return remedy === undefined ? fix : `${fix}${commandFor(remedy)}`
}

/** What to do about an error. */
export function fixOf(error: SealwrightError): string {
  return ownFixOf(error) ?? OF_CODE[error.code]
}

/** What to do about a target or a signature that is not verified. */
export function fixOfReason({ code, fix }: { readonly code: string; readonly fix?: string | undefined }) {
  return fix ?? OF_REASON[code] ?? 'ask the publisher'
}

/** What comes after the library's words. */
function commandFor(remedy: Remedy): string {
  switch (remedy.step) {
    case 'useHttps':
      return `: leave --plain-http out, give the certificate of its authority (--ca-file FILE), or set "plainHttp": false for ${remedy.host}`
    case 'usePlainHttp':
      return `: --plain-http ${remedy.host}`
    case 'trustAuthority':
      return ': --ca-file FILE, or "caFile" in the configuration'
    case 'repairFallbackIndex':
      return `: sealwright doctor ${shellQuote(remedy.artifact)} --fix`
    case 'useFallbackIndex':
      return ': --referrers tag'
    case 'createPolicy':
      return remedy.kind === 'oci'
        ? ': sealwright policy init --name NAME --scope REPOSITORY --trust-store ca:NAME --trusted-identity DN'
        : ': sealwright policy init --name NAME --statement-for-files --global --trust-store ca:NAME --trusted-identity DN'
    case 'checkPolicy':
      return '; `sealwright policy check` lists every fault'
    case 'showCertificates':
      return '; `sealwright cert show` names each rule'
    case 'giveCertificates':
      return ': --cert-chain FILE'
    case 'allowOthersToRead':
      return ', or give --allow-readable-key'
    case 'raiseLimit':
      return ': --max-signatures NUMBER'
    case 'rotateKey':
      return `: sealwright key rotate ${shellQuote(remedy.key)} --to ${shellQuote(remedy.reference)}`
  }
}
