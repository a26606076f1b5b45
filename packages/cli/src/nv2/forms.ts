import { type Envelope, type Signer, seal } from '@sealwright/core'
import {
  type Nv2Attributes,
  type Nv2Content,
  type Nv2Form,
  nv2,
  nv2First,
  nv2Jwt,
} from '@sealwright/core/nv2'

export interface SealRequest {
  readonly form: Nv2Form
  readonly content: Nv2Content
  readonly attributes: Nv2Attributes
  /** None: the signature names the key by its id. */
  readonly certificates: readonly Uint8Array[]
  readonly signal: AbortSignal
}

/** Signs into an envelope of the form that was asked for. */
export function sealForm(signer: Signer, request: SealRequest): Promise<Envelope> {
  const { form, content, ...options } = request
  if (form === 'json') return seal(nv2, content, signer, options)
  if (form === 'jwt') return seal(nv2Jwt, content, signer, options)
  const { mediaType: _, ...first } = content
  return seal(nv2First, first, signer, options)
}
