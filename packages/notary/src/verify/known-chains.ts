import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { type Certificate, isIssuedBy } from '@sealwright/x509'
import { bindingFor } from '../binding.ts'
import type { ChainCache } from '../chain-cache.ts'
import { findSignatures, readEnvelope } from '../find-signatures.ts'
import { orPass } from '../or-pass.ts'
import { openEnvelope } from '../sound-envelope.ts'
import type { Statement } from '../trust/policy.ts'
import type { StoreIndex } from './store-index.ts'

/** The certificates of the stores of type `ca` that a statement names; none of a store that cannot be used. */
export function anchorsOf({ trustStores }: Statement, stores: StoreIndex): readonly Certificate[] {
  return trustStores
    .filter(reference => reference.startsWith('ca:'))
    .flatMap(reference => stores.get(reference).certificates ?? [])
}

/** A chain with the issuers that are missing at its end, as far as they are among `anchors`: bundles carry no roots. */
export function completed(
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
): readonly Certificate[] {
  const whole = [...chain]
  for (let last = whole.at(-1)!; !last.selfSigned; last = whole.at(-1)!) {
    const issuer = anchors.find(anchor => isIssuedBy(last, anchor) && !whole.includes(anchor))
    if (issuer === undefined) break
    whole.push(issuer)
  }
  return whole
}

/**
 * The chains that came with the signatures of an artifact. A certificate proves itself wherever it lies: what is taken from
 * here is judged as one from the attestation itself would be. What cannot be read is passed over.
 */
export async function signatureChains(
  store: ArtifactStore,
  subject: Descriptor,
  chains: ChainCache,
  { signal, most }: { readonly signal?: AbortSignal | undefined; readonly most: number },
): Promise<readonly (readonly Certificate[])[]> {
  const call = { signal }
  const known = new Map<string, readonly Certificate[]>()
  let count = 0
  for await (const { envelope } of findSignatures(store, subject, call)) {
    if (++count > most) break
    const binding = envelope === undefined ? undefined : bindingFor(envelope.mediaType)
    if (envelope === undefined || binding === undefined) continue
    const bytes = await orPass(() => readEnvelope(store, envelope, call))
    const sound = bytes === undefined ? undefined : openEnvelope(binding, bytes, chains).sound
    if (sound !== undefined) known.set(sound.chain[0]!.fingerprint, sound.chain)
  }
  return [...known.values()]
}
