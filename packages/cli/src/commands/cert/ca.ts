import type { Signer } from '@sealwright/core'
import { type Certificate, certificateSigningAlgorithm } from '@sealwright/x509'
import { findChain } from '../../keys/chain.ts'
import type { Keys } from '../../keys/keys.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'

export interface Ca {
  /** To be disposed of by the caller. */
  readonly signer: Signer
  readonly issuer: Certificate
  /** The certificates above it. */
  readonly above: readonly Certificate[]
}

/** Opens the key of a CA (`--ca`), and finds its certificates (`--ca-chain`, else those of the key). */
export async function openCa(
  session: Session,
  keys: Keys,
  { key, chain: file }: { readonly key: string; readonly chain?: string | undefined },
): Promise<Ca> {
  const ca = await keys.select(key)
  const signer = await keys.open(ca, certificateSigningAlgorithm)
  try {
    const [issuer, ...above] = (await findChain(session, { signer, kept: ca.kept, file })) ?? []
    if (issuer !== undefined) return { signer, issuer, above }
    throw usageError(`the certificate of CA ${ca.label} is missing`, {
      why: 'neither its store nor the configuration holds one',
      fix: '--ca-chain FILE',
    })
  } catch (error) {
    await signer[Symbol.asyncDispose]()
    throw error
  }
}
