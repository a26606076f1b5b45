import { type KeyProvider, openSigner, seal } from '@sealwright/core'
import { notaryJws, signArtifact } from '@sealwright/notary'
import { layoutDirectory } from '@sealwright/oci'
import { chainOf } from './chain-of.ts'

export interface ToSign {
  /** The key, in the words of its store. */
  readonly reference: string
  /** Folder of an OCI image layout. */
  readonly layout: string
  readonly tag: string
  /** The key's certificate chain; made where it is absent. */
  readonly chainFile: string
}

/** Signs an image in a layout with a key of any store, and says what was signed with which key. */
export async function signImage(
  keys: KeyProvider,
  { reference, layout, tag, chainFile }: ToSign,
): Promise<void> {
  const certificates = await chainOf(keys, reference, chainFile)
  const signer = await openSigner(keys, reference, { algorithm: notaryJws.envelope.algorithmFor })
  const artifacts = layoutDirectory(layout)
  const { subject, signature } = await signArtifact({ artifacts }, tag, notaryJws, content =>
    seal(notaryJws.envelope, content, signer, { attributes: { signingTime: new Date() }, certificates }),
  )
  console.log(`signed ${subject.digest}\nsignature ${signature.digest}\nkey ${signer.key.reference}`)
  await signer[Symbol.asyncDispose]()
}
