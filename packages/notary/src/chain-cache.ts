import { createHash } from 'node:crypto'
import type { AlgorithmId } from '@sealwright/core'
import { type Certificate, type ChainFault, checkChain, parseCertificate } from '@sealwright/x509'
import type { SignatureBinding } from './binding.ts'

/** A chain whose certificates were read and judged by the certificate rules, whatever the time. */
export interface ReadChain {
  readonly certificates: readonly Certificate[]
  /** The one algorithm that the Notary Project prescribes for the leaf's key. */
  readonly algorithm: AlgorithmId
  /** Empty: it meets the profile for code signing. */
  readonly faults: readonly ChainFault[]
}

/** The chains of this many signers are kept; one takes some 20 kB. */
const CAPACITY = 256

/**
 * Reads chains, and remembers the last ones: a service sees the same few signers again and again, and checking a chain
 * costs more than checking a signature.
 */
export class ChainCache {
  readonly #chains = new Map<string, ReadChain>()

  /**
   * @param chain - DER, leaf first.
   * @throws {@link SealwrightError} `VALIDATION` for what is no certificate, and for a leaf whose key has no algorithm;
   *   `UNSUPPORTED` for a key of unknown type.
   */
  read(chain: readonly Uint8Array[], binding: SignatureBinding): ReadChain {
    const hash = createHash('sha256')
    for (const der of chain) hash.update(String(der.length)).update(':').update(der)
    const key = hash.digest('base64')
    const known = this.#chains.get(key)
    const read = known ?? readChain(chain, binding)
    this.#chains.delete(key)
    this.#chains.set(key, read)
    if (this.#chains.size > CAPACITY) this.#chains.delete(this.#chains.keys().next().value!)
    return read
  }
}

function readChain(chain: readonly Uint8Array[], binding: SignatureBinding): ReadChain {
  const certificates = chain.map((der, index) =>
    parseCertificate(der, `certificate ${index + 1} of the chain`),
  )
  const { publicKey } = certificates[0]!
  const algorithm = binding.envelope.algorithmFor({
    reference: '',
    publicKey,
    algorithms: {},
    protection: 'unknown',
  })
  return { certificates, algorithm, faults: checkChain(certificates, { purpose: 'codeSigning' }) }
}
