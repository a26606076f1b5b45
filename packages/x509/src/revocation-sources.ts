import {
  type DerValue,
  der,
  derContents,
  derExplicit,
  derOid,
  derSequence,
  readDer,
} from '@sealwright/core/encoding'
import type { Extension } from './extension.ts'
import { GENERAL_NAME, uriOf } from './general-names.ts'
import { OID } from './oids.ts'

/** RFC 5280, section 4.2.2.1. */
export function readOcspUrls(value: Uint8Array, label: string): readonly string[] {
  const urls: string[] = []
  for (const description of derSequence(readDer(value, label), label)) {
    const [method, location] = derSequence(description, label)
    const isOcsp = derOid(method, label) === OID.ocsp
    const url = uriOf(location, label)
    if (isOcsp && url !== undefined) urls.push(url)
  }
  return urls
}

/** RFC 5280, section 4.2.1.13. Names other than URIs are passed over. */
export function readCrlUrls(value: Uint8Array, label: string): readonly string[] {
  return derSequence(readDer(value, label), label).flatMap(point => pointUrls(point, label))
}

/** The URIs of the DistributionPointName in `[0]`, with which a DistributionPoint and an IssuingDistributionPoint begin. */
export function pointUrls(point: DerValue, label: string): string[] {
  const [first] = derSequence(point, label)
  if (first?.tag !== 0xa0) return []
  const fullName = derExplicit(first, 0, label)
  // The other choice, relative to the issuer of the CRL, is one that RFC 5280 advises against and Go refuses.
  derContents(fullName, 0xa0, label)
  return fullName.children().flatMap(name => uriOf(name, label) ?? [])
}

export function ocspExtension(urls: readonly string[]): Extension {
  const value = der.sequence(...urls.map(url => der.sequence(der.oid(OID.ocsp), uri(url))))
  return { oid: OID.authorityInfoAccess, critical: false, value }
}

/** `oid`: cRLDistributionPoints or freshestCRL, whose types are the same. */
export function crlExtension(oid: string, urls: readonly string[]): Extension {
  const value = der.sequence(...urls.map(url => der.sequence(der.explicit(0, der.explicit(0, uri(url))))))
  return { oid, critical: false, value }
}

function uri(url: string): Uint8Array {
  return der.implicit(GENERAL_NAME.uniformResourceIdentifier & 0x1f, der.ia5String(url))
}
