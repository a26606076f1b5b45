import { X509Certificate } from 'node:crypto'
import { type Call, SealwrightError } from '@sealwright/core'
import { decodeBase64, decodePem } from '@sealwright/core/encoding'
import { classify } from './failure.ts'
import { certificatesIn } from './pkcs12.ts'
import { formatReference, type KeyVersion } from './reference.ts'
import type { Reply } from './reply.ts'
import type { Vault } from './vault.ts'

type Source = NonNullable<Vault['certificates']>

/**
 * The chain of the certificate that has the name and the version of a key, if its key is this one: a certificate of Key
 * Vault is a certificate, a key and a secret of one name.
 *
 * Key Vault gives the certificates above the leaf in the secret only. Where the key may leave the vault the secret holds it,
 * too, and is not read; nor is it where that is not allowed. The leaf stands alone then.
 *
 * @returns DER, leaf first; empty when the key has no certificate.
 */
export async function chainOf(
  source: Source,
  reference: KeyVersion,
  publicKey: Uint8Array,
  call: Call,
): Promise<readonly Uint8Array[]> {
  const certificate = await orUndefined('NOT_FOUND', source.getCertificate(reference, call))
  if (certificate === undefined) return []
  const leaf = leafOf(certificate, reference)
  if (!leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey)) return []
  if (isSelfSigned(leaf) || !isKeyKept(certificate)) return [Uint8Array.from(leaf.raw)]
  const secret = await orUndefined('ACCESS_DENIED', source.getSecret(reference, call))
  if (secret === undefined) return [Uint8Array.from(leaf.raw)]
  return ordered(leaf, await certificatesOf(secret, reference, call)).map(({ raw }) => Uint8Array.from(raw))
}

async function orUndefined(code: string, asked: Promise<Reply>): Promise<Reply | undefined> {
  try {
    return await asked
  } catch (error) {
    if (classify(error)?.code === code) return undefined
    throw error
  }
}

function leafOf({ body }: Reply, reference: KeyVersion): X509Certificate {
  try {
    return new X509Certificate(decodeBase64(String(body.cer), 'cer'))
  } catch (cause) {
    throw new SealwrightError(
      'INTEGRITY',
      `Azure Key Vault gave no certificate for ${formatReference(reference)}`,
      { cause },
    )
  }
}

function isKeyKept({ body }: Reply): boolean {
  const policy = body.policy as
    | { readonly key_props?: { readonly exportable?: unknown | undefined } }
    | undefined
  return policy?.key_props?.exportable === false
}

async function certificatesOf(
  { body: { value, contentType } }: Reply,
  reference: KeyVersion,
  { signal }: Call,
): Promise<X509Certificate[]> {
  try {
    const text = String(value)
    const all =
      contentType === 'application/x-pkcs12'
        ? await certificatesIn(decodeBase64(text.replaceAll(/\s/g, ''), 'PKCS#12'), signal)
        : decodePem(text, 'chain')
            .filter(({ label }) => label === 'CERTIFICATE')
            .map(({ bytes }) => bytes)
    return all.map(bytes => new X509Certificate(bytes))
  } catch (cause) {
    signal.throwIfAborted()
    throw new SealwrightError('UNSUPPORTED', `the chain of ${formatReference(reference)} cannot be read`, {
      why: 'Key Vault keeps it in a form that is not known here',
      fix: 'give the chain yourself',
      remedy: { step: 'giveCertificates' },
      cause,
    })
  }
}

/** There is nothing above it. Node's `checkIssued` wants keyCertSign, which certificates that only sign code lack. */
function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey)
}

/** Leaf, issuer, issuer's issuer: Key Vault keeps them as they were imported. */
function ordered(leaf: X509Certificate, all: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf]
  for (let last = leaf; !isSelfSigned(last); ) {
    const issuer = all.find(each => last.checkIssued(each) && last.verify(each.publicKey))
    if (issuer === undefined || chain.includes(issuer)) break
    chain.push(issuer)
    last = issuer
  }
  return chain
}
