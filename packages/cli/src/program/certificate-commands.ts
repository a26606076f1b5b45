import { parseDuration } from '../frame/duration.ts'
import { single, toggle } from './flag.ts'
import { keyFlags } from './key-flags.ts'
import type { Group } from './leaf.ts'

const OUT = () => single('--out <file>', 'write it there, or to stdout (-), the default')
/** The commands about certificates and trust stores. */
export const certificateCommands: Group = {
  name: 'cert',
  summary: 'request, issue and check certificates; whom to trust',
  leaves: [
    {
      name: 'request',
      args: '<key>',
      summary: 'make a certificate request (PKCS#10), signed by the key where it lives',
      options: () => [
        single('--subject <dn>', 'subject, as in C=DE,ST=Hessen,O=Acme,CN=release'),
        OUT(),
        ...keyFlags(),
      ],
      examples: [
        'sealwright cert request release --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.csr',
        'sealwright cert request awskms:///alias/release --subject "C=DE,ST=Hessen,O=Acme,CN=release" > release.csr',
      ],
      load: async () => (await import('../commands/cert-request.ts')).certRequest,
    },
    {
      name: 'issue',
      args: '<key|csr>',
      summary: 'issue a certificate: self-signed, or by a CA',
      options: () => [
        single('--subject <dn>', 'subject, as in C=DE,ST=Hessen,O=Acme,CN=release'),
        toggle('--subject-from-request', 'take the subject that the request asks for'),
        single('--ca <key>', 'the key of the CA'),
        single('--ca-chain <file>', 'the certificates of the CA, its own first'),
        toggle('--ca-cert', 'make a CA certificate'),
        single('--expiry <duration>', 'validity (default: 90d)', parseDuration),
        OUT(),
        ...keyFlags(),
      ],
      examples: [
        'sealwright cert issue root --ca-cert --subject "C=DE,ST=Hessen,O=Acme,CN=root" --expiry 3650d --out root.crt',
        'sealwright cert issue release.csr --ca root --ca-chain root.crt --subject "C=DE,ST=Hessen,O=Acme,CN=release" --out release.crt',
      ],
      load: async () => (await import('../commands/cert-issue.ts')).certIssue,
    },
    {
      name: 'show',
      args: '<source...>',
      summary: 'show certificates of a file, a key or a trust store, and whether Notation would accept them',
      options: keyFlags,
      examples: ['sealwright cert show release.crt', 'sealwright cert show ca:acme'],
      load: async () => (await import('../commands/cert-show.ts')).certShow,
    },
    {
      name: 'add',
      args: '<store> <file...>',
      summary: 'trust certificates: put them in a trust store (ca:NAME, signingAuthority:NAME, tsa:NAME)',
      examples: ['sealwright cert add ca:acme acme-root.crt', 'sealwright cert add tsa:acme tsa-root.crt'],
      load: async () => (await import('../commands/cert-add.ts')).certAdd,
    },
    {
      name: 'list',
      args: '[store]',
      summary: 'list trusted certificates',
      examples: ['sealwright cert list', 'sealwright cert list ca:acme'],
      load: async () => (await import('../commands/cert-list.ts')).certList,
    },
    {
      name: 'remove',
      args: '<store> [certificate...]',
      summary: 'remove certificates, or what is broken, from a trust store: by file, name or fingerprint',
      options: () => [toggle('--all', 'all of the store')],
      examples: ['sealwright cert remove ca:acme acme-root.crt', 'sealwright cert remove ca:acme --all'],
      load: async () => (await import('../commands/cert-remove.ts')).certRemove,
    },
  ],
}
