import type { KeyObject } from 'node:crypto'
import {
  type AlgorithmId,
  algorithms,
  type EnvelopeFormat,
  type Evidence,
  type KeyType,
  type Prepared,
  type Signature,
  type SignerIdentity,
} from '../src/index.ts'
import { selfSigned } from './certificates.ts'
import { makeKey, signWith, spkiOf } from './fake-store.ts'

/** A key of its own with a self-signed certificate, that signs without the pipeline. */
export interface TestSigner {
  readonly identity: SignerIdentity & { readonly certificates: readonly Uint8Array[] }
  readonly privateKey: KeyObject
  sign(prepared: Prepared): Signature
}

export function testSigner(type: KeyType, algorithm: AlgorithmId): TestSigner {
  const privateKey = makeKey(type)
  const key = {
    reference: `test:${type}`,
    publicKey: spkiOf(privateKey),
    algorithms: { [algorithm]: { digest: true } as const },
    protection: 'software' as const,
  }
  return {
    identity: { key, algorithm, certificates: [selfSigned(privateKey)] },
    privateKey,
    sign({ toBeSigned }) {
      if (!(toBeSigned instanceof Uint8Array)) throw new Error('these formats sign whole messages')
      return { bytes: signWith(privateKey, algorithms[algorithm], toBeSigned, 'raw').bytes, algorithm, key }
    },
  }
}

/** An envelope made without the pipeline. */
export function envelope<Content, Attributes>(
  format: EnvelopeFormat<Content, Attributes>,
  content: Content,
  attributes: Attributes,
  signer: TestSigner,
  { evidence = {}, onto }: { readonly evidence?: Evidence; readonly onto?: Uint8Array } = {},
): Uint8Array {
  const prepared = format.prepare(content, attributes, signer.identity, onto)
  return prepared.close(signer.sign(prepared), evidence)
}
