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

/** DER of all chains that are kept. Parsed they take some ten times as much. */
const MAX_BYTES = 1024 * 1024
/** A larger chain is read again each time. */
const MAX_CHAIN_BYTES = 64 * 1024

/**
 * Reads chains, and remembers the last ones that break no rule: a service sees the same few signers again and again, and
 * checking a chain costs more than checking a signature. Anybody can make up chains, so their bytes are bounded.
 */
export class ChainCache {
  readonly #chains = new Map<string, { readonly chain: ReadChain; readonly bytes: number }>()
  #bytes = 0

  /**
   * @param chain - DER, leaf first.
   * @throws {@link SealwrightError} `VALIDATION` for what is not a certificate, and for a leaf whose key has no algorithm;
   *   `UNSUPPORTED` for a key of unknown type.
   */
  read(chain: readonly Uint8Array[], binding: SignatureBinding): ReadChain {
    const hash = createHash('sha256')
    for (const der of chain) hash.update(String(der.length)).update(':').update(der)
    const key = hash.digest('base64')
    const known = this.#chains.get(key)
    if (known !== undefined) {
      this.#chains.delete(key)
      this.#chains.set(key, known)
      return known.chain
    }
    const read = readChain(chain, binding)
    if (read.faults.length === 0)
      this.#keep(
        key,
        read,
        chain.reduce((sum, der) => sum + der.length, 0),
      )
    return read
  }

  #keep(key: string, chain: ReadChain, bytes: number): void {
    if (bytes > MAX_CHAIN_BYTES) return
    this.#chains.set(key, { chain, bytes })
    this.#bytes += bytes
    for (const [oldest, entry] of this.#chains) {
      if (this.#bytes <= MAX_BYTES) return
      this.#chains.delete(oldest)
      this.#bytes -= entry.bytes
    }
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
