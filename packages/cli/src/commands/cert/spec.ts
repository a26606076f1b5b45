import { keyFlags } from '../../flags/common-flags.ts'
import { choice, type FlagValues, repeatable, single, toggle } from '../../flags/flag.ts'
import { parseDuration, parseTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import { type CommandGroup, defineCommand } from '../../session/command.ts'

const outFlag = () => single('--out <file>', 'write it there, or to stdout (-), the default')
const subjectFlag = () => single('--subject <dn>', 'subject, as in C=DE,ST=Hessen,O=Acme,CN=release')

const requestFlags = () => ({ subject: subjectFlag(), out: outFlag(), ...keyFlags() })

export type CertRequestFlags = FlagValues<ReturnType<typeof requestFlags>>

const caFlags = () => ({
  ca: single('--ca <key>', 'the key of the CA'),
  caChain: single('--ca-chain <file>', 'the certificates of the CA, its own first'),
})

/** A number of CA certificates. */
function depth(text: string, label: string): number {
  if (/^(?:0|[1-9][0-9]?)$/.test(text)) return Number(text)
  throw usageError(`${label}: "${text}" is not a path length`, {
    why: 'it takes a whole number from 0 to 99',
    fix: `use ${label} 0, below which only signers are`,
  })
}

/** What a verifier asks: an absolute URL of http or https, as it is spelled. */
function authorityUrl(text: string, label: string): string {
  const url = URL.parse(text)
  const isPlain = /^[!-~]+$/.test(text) && !url?.username && !url?.password && !url?.hash
  if (isPlain && (url?.protocol === 'http:' || url?.protocol === 'https:')) return text
  throw usageError(`${label}: "${text}" is not a URL that verifiers ask`, {
    why: 'it takes an absolute http or https URL in ASCII, without credentials and fragment',
    fix: `use ${label} http://pki.acme.example/ca.crl`,
  })
}

const issueFlags = () => ({
  subject: subjectFlag(),
  subjectFromRequest: toggle('--subject-from-request', 'take the subject that the request asks for'),
  ...caFlags(),
  caCert: toggle('--ca-cert', 'make a CA certificate'),
  pathLength: single('--path-length <n>', 'how many CA certificates may be below it; with --ca-cert', depth),
  crlUrl: repeatable('--crl-url <url>', 'where the CRL of the CA is published', authorityUrl),
  ocspUrl: repeatable('--ocsp-url <url>', 'an OCSP responder of the CA', authorityUrl),
  expiry: single('--expiry <duration>', 'validity (default: 90d)', parseDuration),
  out: outFlag(),
  ...keyFlags(),
})

export type CertIssueFlags = FlagValues<ReturnType<typeof issueFlags>>

const crlFlags = () => ({
  ...caFlags(),
  nextUpdate: single(
    '--next-update <duration>',
    'for how long verifiers may use the CRL (default: 30d)',
    parseDuration,
  ),
  pem: toggle('--pem', 'write a new file as PEM; DER is the default, and what a CRL URL serves'),
  ...keyFlags(),
})

export type CrlFlags = FlagValues<ReturnType<typeof crlFlags>>

const certCrlFlags = () => ({
  out: single('--out <file>', 'the CRL; if the file exists, it is renewed, and what is on it stays revoked'),
  ...crlFlags(),
})

export type CertCrlFlags = FlagValues<ReturnType<typeof certCrlFlags>>

const revokeFlags = () => ({
  crl: single('--crl <file>', 'the last CRL of the CA, which is replaced by the next one'),
  reason: choice('--reason <reason>', 'why', [
    'unspecified',
    'keyCompromise',
    'cACompromise',
    'affiliationChanged',
    'superseded',
    'cessationOfOperation',
    'certificateHold',
    'removeFromCRL',
    'privilegeWithdrawn',
    'aACompromise',
  ]),
  at: single('--at <time>', 'when it was revoked (default: now)', parseTime),
  invalidityDate: single('--invalidity-date <time>', 'since when the key may have been misused', parseTime),
  ...crlFlags(),
})

export type CertRevokeFlags = FlagValues<ReturnType<typeof revokeFlags>>

const removeFlags = () => ({ all: toggle('--all', 'all of the store') })

export type CertRemoveFlags = FlagValues<ReturnType<typeof removeFlags>>

/** The commands about certificates and trust stores. */
export const certCommands: CommandGroup = {
  name: 'cert',
  summary: 'request, issue and check certificates; manage trust stores',
  commands: [
    defineCommand({
      name: 'request',
      args: '<key>',
      summary: 'make a certificate request (PKCS#10), signed by the key where it lives',
      flags: requestFlags,
      examples: [
        'sealwright cert request release --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.csr',
        'sealwright cert request awskms:///alias/release --subject "C=DE,ST=Hessen,O=Acme,CN=release" > release.csr',
      ],
      load: async () => (await import('./request.ts')).certRequest,
    }),
    defineCommand({
      name: 'issue',
      args: '<key|csr>',
      summary: 'issue a certificate: self-signed, or by a CA',
      flags: issueFlags,
      examples: [
        'sealwright cert issue root --ca-cert --subject "C=DE,ST=Hessen,O=Acme,CN=root" --expiry 3650d --out root.crt',
        'sealwright cert issue release.csr --ca root --ca-chain root.crt --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.crt',
      ],
      load: async () => (await import('./issue.ts')).certIssue,
    }),
    defineCommand({
      name: 'crl',
      summary: 'issue the first or the next CRL of a CA',
      flags: certCrlFlags,
      examples: [
        'sealwright cert crl --ca root --ca-chain root.crt --out root.crl',
        'sealwright cert crl --ca awskms:///alias/root --ca-chain root.crt --next-update 7d --out root.crl',
      ],
      load: async () => (await import('./crl.ts')).certCrl,
    }),
    defineCommand({
      name: 'revoke',
      args: '<certificate>',
      summary: 'revoke a certificate: issue the next CRL of its CA with it',
      flags: revokeFlags,
      examples: [
        'sealwright cert revoke release.crt --ca root --ca-chain root.crt --crl root.crl --reason superseded',
        'sealwright cert revoke release.crt --ca root --ca-chain root.crt --crl root.crl --reason keyCompromise --at 2026-11-20T08:00:00Z',
      ],
      load: async () => (await import('./revoke.ts')).certRevoke,
    }),
    defineCommand({
      name: 'show',
      args: '<source...>',
      summary: 'show certificates of a file, a key or a trust store, and whether Notation would accept them',
      flags: keyFlags,
      examples: ['sealwright cert show release.crt', 'sealwright cert show ca:acme'],
      load: async () => (await import('./show.ts')).certShow,
    }),
    defineCommand({
      name: 'add',
      args: '<store> <file...>',
      summary: 'trust certificates: put them in a trust store (ca:NAME, signingAuthority:NAME, tsa:NAME)',
      examples: ['sealwright cert add ca:acme acme-root.crt', 'sealwright cert add tsa:acme tsa-root.crt'],
      load: async () => (await import('./add.ts')).certAdd,
    }),
    defineCommand({
      name: 'list',
      args: '[store]',
      summary: 'list trusted certificates',
      examples: ['sealwright cert list', 'sealwright cert list ca:acme'],
      load: async () => (await import('./list.ts')).certList,
    }),
    defineCommand({
      name: 'remove',
      args: '<store> [certificate...]',
      summary: 'remove certificates or broken files from a trust store: by file, name or fingerprint',
      flags: removeFlags,
      examples: ['sealwright cert remove ca:acme acme-root.crt', 'sealwright cert remove ca:acme --all'],
      load: async () => (await import('./remove.ts')).certRemove,
    }),
  ],
}
