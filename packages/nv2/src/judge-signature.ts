import { isSealwrightError, verifySignature } from '@sealwright/core'
import type { Descriptor } from '@sealwright/oci'
import { type Certificate, formatDistinguishedName, isIssuedBy, parseCertificate } from '@sealwright/x509'
import { issuerFault, nv2SignerFault } from './certificate-faults.ts'
import { nv2KeyId } from './key-id.ts'
import type { OpenedNv2 } from './open-nv2.ts'

/** Whose nv2 signatures are accepted. */
export interface Nv2Trust {
  /** Certificates of signers; they vouch for other certificates too, as in the prototype. */
  readonly signers: readonly Certificate[]
  /** Certificates that issue those of signers. */
  readonly authorities: readonly Certificate[]
}

/** Why a signature is not accepted. */
export interface Nv2Refusal {
  readonly code: 'MALFORMED' | 'TAMPERED' | 'UNTRUSTED' | 'CERTIFICATE' | 'EXPIRED'
  readonly why: string
}

/**
 * Verifies a signature at a time, whatever it signs: the certificate of its signer leads to a trusted one, is for the hosts
 * of all signed references, and the signature holds under its key.
 *
 * @returns `undefined` for a good signature. Whether it signs the right manifest is for {@link judgeNv2Manifest}.
 *
 * @example
 * ```ts
 * import { judgeNv2Signature, type Nv2Trust, type OpenedNv2 } from '@sealwright/nv2'
 *
 * declare const opened: OpenedNv2
 * declare const trust: Nv2Trust
 * const refusal = judgeNv2Signature(opened, trust, new Date())
 * if (refusal !== undefined) console.error(refusal.code, refusal.why)
 * ```
 */
export function judgeNv2Signature(
  { envelope }: OpenedNv2,
  trust: Nv2Trust,
  at: Date,
): Nv2Refusal | undefined {
  const [signature] = envelope.signatures
  if (signature === undefined) return { code: 'MALFORMED', why: 'it holds no signature' }
  const found = findSigner(signature, trust, at)
  if ('code' in found) return found
  if (!holds(signature, found)) {
    return { code: 'TAMPERED', why: 'the signature does not hold under the key of its certificate' }
  }
  const { references = [] } = envelope.content()
  const fault = nv2SignerFault(found, references, at)
  if (fault !== undefined) return { code: 'CERTIFICATE', why: `the certificate of the signer: ${fault}` }
  const { expiry, notBefore } = signature.attributes
  if (expiry !== undefined && at >= expiry)
    return { code: 'EXPIRED', why: `the signature ended ${expiry.toISOString()}` }
  if (notBefore !== undefined && at < notBefore)
    return { code: 'EXPIRED', why: `the signature is good from ${notBefore.toISOString()} on` }
  return undefined
}

/**
 * Compares what a signature signs with a manifest. The first JSON form does not sign the media type.
 *
 * @returns `undefined` if they are the same.
 *
 * @example
 * ```ts
 * import { judgeNv2Manifest, type OpenedNv2 } from '@sealwright/nv2'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * declare const opened: OpenedNv2
 * const manifest = await layoutDirectory('image').resolve('v1')
 * judgeNv2Manifest(opened, manifest)?.why // undefined: the signature is for this manifest
 * ```
 */
export function judgeNv2Manifest({ envelope }: OpenedNv2, manifest: Descriptor): Nv2Refusal | undefined {
  const content = envelope.content()
  if (content.digest !== manifest.digest || content.size !== manifest.size) {
    return {
      code: 'TAMPERED',
      why: `the signature is over ${content.digest} of ${content.size} bytes, and the manifest is ${manifest.digest} of ${manifest.size} bytes`,
    }
  }
  if (!('mediaType' in content) || content.mediaType === manifest.mediaType) return undefined
  return {
    code: 'TAMPERED',
    why: `the signature is over a ${content.mediaType}, and the manifest was taken for a ${manifest.mediaType}`,
  }
}

type Signature = OpenedNv2['envelope']['signatures'][number]

/** The certificate of the signer: a given one, or one that a given one vouches for. */
function findSigner(signature: Signature, trust: Nv2Trust, at: Date): Certificate | Nv2Refusal {
  if (signature.certificates === undefined) {
    const found = trust.signers.find(({ publicKey }) => nv2KeyId(publicKey) === signature.keyId)
    return (
      found ?? { code: 'UNTRUSTED', why: `none of the certificates given is for the key ${signature.keyId}` }
    )
  }
  const ders = signature.certificates
  const chain = orInvalid(() => ders.map(der => parseCertificate(der)))
  if (chain === undefined) return { code: 'MALFORMED', why: 'a certificate in the signature cannot be read' }
  const [leaf, ...intermediates] = chain as [Certificate, ...Certificate[]]
  const anchors = [...trust.signers, ...trust.authorities]
  const fault = certifiedFault(leaf, intermediates, anchors, at)
  return fault === undefined ? leaf : { code: 'UNTRUSTED', why: fault }
}

/** An algorithm that does not fit the key is a bad signature, not a fault of ours. */
function holds({ algorithm, toBeSigned, bytes }: Signature, { publicKey }: Certificate): boolean {
  return (
    algorithm !== undefined &&
    orInvalid(() => verifySignature(algorithm, publicKey, toBeSigned, bytes)) === true
  )
}

function orInvalid<T>(task: () => T): T | undefined {
  try {
    return task()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

/** Most signatures of certificates that are checked, as in Go. */
const MAX_CHECKS = 100

/**
 * Returns why no path leads from a certificate over the intermediates to an anchor; `undefined` if one does. The certificate
 * may be an anchor itself, and anchors need not be self-signed.
 */
function certifiedFault(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  at: Date,
): string | undefined {
  const trusted = new Set(anchors.map(({ fingerprint }) => fingerprint))
  const candidates = [...anchors, ...intermediates]
  let checks = 0
  let fault: string | undefined
  const climb = (path: readonly Certificate[]): boolean => {
    const last = path.at(-1) as Certificate
    if (trusted.has(last.fingerprint)) return true
    return candidates.some(issuer => {
      if (path.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) return false
      if (Buffer.compare(issuer.rawSubject, last.rawIssuer) !== 0) return false
      if (++checks > MAX_CHECKS || !isIssuedBy(last, issuer)) return false
      const found = issuerFault(issuer, path.length - 1, at)
      if (found === undefined) return climb([...path, issuer])
      fault ??= `its issuer ${formatDistinguishedName(issuer.subject)} cannot vouch for it: ${found}`
      return false
    })
  }
  if (climb([leaf])) return undefined
  return (
    fault ??
    `${formatDistinguishedName(leaf.subject)} (sha256:${leaf.fingerprint}) is certified by none of the ${anchors.length} certificates given`
  )
}
