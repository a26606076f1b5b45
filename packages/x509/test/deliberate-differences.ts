/** Vector cases of kind `chain` where we refuse what the reference accepts. Never the reverse. Pattern of ids to reason. */
export const deliberateDifferences: Readonly<Record<string, string>> = {
  '^chain/\\w+/(?!leaf-)[\\w-]*bc-not-critical$':
    'the specification demands that basicConstraints of a CA is critical',
  '^chain/codesigning/leaf-eku-([\\w-]+-)?any(-codesigning)?$':
    'the specification forbids anyExtendedKeyUsage in a code-signing leaf',
  '^chain/\\w+/((leaf-)?key-rsa(?!(2048|3072|4096)$)\\d+|(ca|root)-key-rsa1\\d{3})$':
    'the table of algorithms has RSA of 2048, 3072 and 4096 bits only; the reference rounds up to whole bytes, and looks at no key but the leaf',
}

/** As above, for the kind `revocation`: what we say of it, and why. */
export const revocationDifferences: Readonly<Record<string, { message: RegExp; reason: string }>> = {
  'revocation/ocsp-delegate-no-eku': {
    message: /lacks OCSPSigning$/,
    reason: 'RFC 6960, section 4.2.2.2: a delegated responder has the extended key usage id-kp-OCSPSigning',
  },
  'revocation/ocsp-delegate-expired': {
    message: /its certificate is valid from /,
    reason: '"Revocation Checking with OCSP": the certificate that signs the response "is valid and trusted"',
  },
  'revocation/ocsp-future': {
    message: /is from the future/,
    reason:
      'RFC 6960, section 4.2.2.1: a response whose thisUpdate is later than the local time is unreliable',
  },
}

/** The same for kind `timestamp`. */
export const timestampDifferences: Readonly<Record<string, string>> = {
  'timestamp/long-length':
    'RFC 3161, section 3.4, has responses in DER; the reference turns this form of BER into it',
  'timestamp/not-utc': 'RFC 3161, section 2.4.2, has genTime end with Z',
  'timestamp/two-signers':
    "RFC 3161, section 2.4.2: a token must not contain any signatures other than the authority's; the reference takes the first that holds",
}
