import { isSealwrightError, verifySignature } from '@sealwright/core'
import { nv2KeyId, type OpenedNv2 } from '@sealwright/core/nv2'
import type { ReasonCode } from '@sealwright/notary'
import type { Descriptor } from '@sealwright/oci'
import { type Certificate, parseCertificate } from '@sealwright/x509'
import { signerFault } from './certificate-faults.ts'
import { certifiedFault } from './certified.ts'

/** Whom a run of `verify` believes. */
export interface Believed {
  /** `--cert`: signers; they vouch for others too, as in the prototype. */
  readonly signers: readonly Certificate[]
  /** `--ca-cert` */
  readonly authorities: readonly Certificate[]
}

/** Why a signature is not believed. */
export interface Refusal {
  readonly code: ReasonCode
  readonly why: string
}

/** Whether a signature is good, now, for whatever it signs: `undefined` if so. */
export function judgeSignature({ envelope }: OpenedNv2, believed: Believed, now: Date): Refusal | undefined {
  const [signature] = envelope.signatures
  if (signature === undefined) return { code: 'MALFORMED', why: 'it holds no signature' }
  const found = findSigner(signature, believed, now)
  if ('code' in found) return found
  if (!holds(signature, found)) {
    return { code: 'TAMPERED', why: 'the signature does not hold under the key of its certificate' }
  }
  const { references = [] } = envelope.content()
  const fault = signerFault(found, references, now)
  if (fault !== undefined) return { code: 'CERTIFICATE', why: `the certificate of the signer: ${fault}` }
  const { expiry, notBefore } = signature.attributes
  if (expiry !== undefined && now >= expiry)
    return { code: 'EXPIRED', why: `the signature ended ${expiry.toISOString()}` }
  if (notBefore !== undefined && now < notBefore)
    return { code: 'EXPIRED', why: `the signature is good from ${notBefore.toISOString()} on` }
  return undefined
}

/** Whether a signature is over this manifest: `undefined` if so. The first form says nothing of the media type. */
export function judgeManifest({ envelope }: OpenedNv2, manifest: Descriptor): Refusal | undefined {
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

/** The certificate of the signer: one that was given, or one that those vouch for. */
function findSigner(signature: Signature, believed: Believed, now: Date): Certificate | Refusal {
  if (signature.certificates === undefined) {
    const found = believed.signers.find(({ publicKey }) => nv2KeyId(publicKey) === signature.keyId)
    return (
      found ?? { code: 'UNTRUSTED', why: `none of the certificates given is for the key ${signature.keyId}` }
    )
  }
  const chain = read(signature.certificates)
  if (chain === undefined) return { code: 'MALFORMED', why: 'a certificate in the signature cannot be read' }
  const [leaf, ...intermediates] = chain as [Certificate, ...Certificate[]]
  const anchors = [...believed.signers, ...believed.authorities]
  const fault = certifiedFault(leaf, intermediates, anchors, now)
  return fault === undefined ? leaf : { code: 'UNTRUSTED', why: fault }
}

function read(certificates: readonly Uint8Array[]): Certificate[] | undefined {
  return orInvalid(() => certificates.map(der => parseCertificate(der)))
}

/** An algorithm that is not of the key is a bad signature, not a fault of ours. */
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
