/**
 * The rules that a chain is held to, each as a reader should see it. Source: Notary Project signature specification,
 * "Certificate Requirements"; where the reference implementation demands more, the stricter of the two.
 */
export const chainRules = {
  'chain-length': 'a chain has 1 to 20 certificates, leaf first',
  'issuer-name': 'each certificate names the next one as its issuer, by equal bytes',
  'issuer-signature': 'each certificate is signed by the key of the next one',
  'root-self-signed': 'the last certificate is self-signed',
  'self-signed-last': 'no certificate before the last one is self-signed',
  'signature-algorithm':
    'certificates are signed with RSA (PKCS #1 or PSS), ECDSA or Ed25519, and SHA-2, never SHA-1 or MD5',
  validity: 'every certificate is valid at the time in question',
  'ca-basic-constraints': 'a CA certificate has basicConstraints, critical, with cA true',
  'ca-path-length': 'the path length of a CA certificate allows the CA certificates below it',
  'ca-key-usage': 'a CA certificate has keyUsage, critical for code signing, with keyCertSign',
  'ca-key': 'the key of a CA certificate is RSA of 2048 bits or more, EC on a NIST curve, or Ed25519',
  'name-constraints':
    'nameConstraints of a CA certificate permit, and do not exclude, the names of the certificates below it',
  'leaf-basic-constraints': 'the leaf is not a CA: basicConstraints is absent or has cA false',
  'leaf-key-usage':
    'the leaf has keyUsage, critical for code signing, with digitalSignature; contentCommitment is the only other bit allowed',
  'leaf-extended-key-usage':
    'extendedKeyUsage of a code-signing leaf has none of serverAuth, clientAuth, emailProtection, timeStamping, OCSPSigning and any',
  'timestamping-extended-key-usage':
    'extendedKeyUsage of a timestamping leaf is critical and exactly timeStamping',
  'leaf-key': 'the key of the leaf is RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521',
} as const

/** The id of a rule. */
export type ChainRule = keyof typeof chainRules

/** What a chain is to be good for. */
export type ChainPurpose = 'codeSigning' | 'timestamping'

/** One rule broken by one certificate. */
export interface ChainFault {
  readonly rule: ChainRule
  /** Position in the chain; the leaf is 0. */
  readonly certificate: number
  /** What was found, beginning with a small letter: `keyUsage lacks digitalSignature (found keyEncipherment)`. */
  readonly message: string
  /** Set where the reference implementation accepts it: whose rule it is that refuses it here. */
  readonly stricter?: StricterRule
}

/** The specification, where the reference does not follow it; RFC 5280, where neither does; or a limit of this library. */
export type StricterRule = 'specification' | 'rfc5280' | 'limit'
