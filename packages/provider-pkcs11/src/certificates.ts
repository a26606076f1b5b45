import { X509Certificate } from 'node:crypto'
import type { Connection } from './connections.ts'
import { CKA, CKO } from './constants.ts'
import { attribute, tokenObjects } from './objects.ts'
import type { PrivateKeyObject } from './public-key.ts'

/** A certificate on a token. */
export interface TokenCertificate {
  readonly object: Buffer
  readonly id: Buffer
  readonly certificate: X509Certificate
}

type Key = Pick<PrivateKeyObject, 'id'> & { readonly publicKey: Uint8Array }

/**
 * The chain of a key: of the certificates with its public key the one that became valid last, those with its CKA_ID before
 * others, then issuer after issuer as far as the token has them. Tools that import certificates choose ids of their own.
 *
 * @returns DER, leaf first; empty when the token has no certificate of the key.
 */
export function certificatesOf(connection: Connection, key: Key): Uint8Array[] {
  const all = certificatesOn(connection)
  const byTime = all.filter(each => hasKey(each, key)).sort((a, b) => validFrom(b) - validFrom(a))
  const leaf = byTime.find(each => isOf(each, key)) ?? byTime[0]
  const chain: X509Certificate[] = []
  for (let next = leaf?.certificate; next !== undefined && !chain.includes(next); ) {
    chain.push(next)
    next = issuerOf(next, all)
  }
  return chain.map(({ raw }) => Uint8Array.from(raw))
}

/** All certificates of a token; what does not parse is none. */
export function certificatesOn({ api, session }: Connection): TokenCertificate[] {
  return tokenObjects(api, session, CKO.certificate).flatMap(object => {
    const value = attribute(api, session, object, CKA.value)
    const certificate = value?.length ? parsed(value) : undefined
    if (certificate === undefined) return []
    return [{ object, id: attribute(api, session, object, CKA.id) ?? Buffer.alloc(0), certificate }]
  })
}

/** Whether a certificate belongs to a key; an empty CKA_ID says nothing, and the public key decides. */
export function isOf(found: TokenCertificate, key: Key): boolean {
  return (key.id.length === 0 || found.id.equals(key.id)) && hasKey(found, key)
}

function hasKey({ certificate }: TokenCertificate, key: Key): boolean {
  return certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(key.publicKey)
}

function issuerOf(
  certificate: X509Certificate,
  all: readonly TokenCertificate[],
): X509Certificate | undefined {
  // Node's `checkIssued` wants keyCertSign, which self-signed certificates that only sign code lack.
  if (certificate.issuer === certificate.subject && certificate.verify(certificate.publicKey))
    return undefined
  return all
    .map(each => each.certificate)
    .find(each => certificate.checkIssued(each) && certificate.verify(each.publicKey))
}

function validFrom({ certificate }: TokenCertificate): number {
  return certificate.validFromDate.getTime()
}

function parsed(value: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(value)
  } catch {
    return undefined
  }
}
