/** Vector cases of kind `chain` where we refuse what the reference accepts. Never the reverse. Pattern of ids to reason. */
export const deliberateDifferences: Readonly<Record<string, string>> = {
  '^chain/\\w+/(?!leaf-)[\\w-]*bc-not-critical$':
    'the specification demands that basicConstraints of a CA is critical',
  '^chain/codesigning/leaf-eku-([\\w-]+-)?any(-codesigning)?$':
    'the specification forbids anyExtendedKeyUsage in a code-signing leaf',
  '^chain/\\w+/((leaf-)?key-rsa(?!(2048|3072|4096)$)\\d+|(ca|root)-key-rsa1\\d{3})$':
    'the table of algorithms has RSA of 2048, 3072 and 4096 bits only; the reference rounds up to whole bytes, and looks at no key but the leaf',
}
