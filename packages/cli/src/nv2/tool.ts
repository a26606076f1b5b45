import { Option } from 'commander'
import { choice, repeatable, single, toggle } from '../program/flag.ts'
import { keyFlags } from '../program/key-flags.ts'
import type { Tool } from '../tool/tool.ts'
import { parseGoDuration } from './go-duration.ts'

/** Of commands that may talk to a registry. */
export interface RemoteFlags {
  readonly username?: string
  readonly password?: string
  readonly plainHttp?: true
  readonly insecure?: true
}

function remoteFlags(): readonly Option[] {
  return [
    single('-u, --username <name>', 'user of the registry (or NV2_USERNAME)'),
    single('-p, --password <password>', 'its password, or - to read it from stdin (or NV2_PASSWORD)'),
    toggle('--plain-http', 'speak http to the registry; loopback needs no permission'),
    new Option('--insecure', 'as --plain-http').hideHelp(),
  ]
}

/** `-s` is another name of `-f`. */
function signatureFlags(): readonly Option[] {
  return [single('-f, --signature <file>', 'signature file (also -s)'), single('-s <file>', '').hideHelp()]
}

const MEDIA_TYPE = () =>
  single(
    '--media-type <type>',
    "of a manifest from a file or stdin (default: the manifest's own, else that of Docker images)",
  )

/** The program of Notary v2's prototype. */
export const nv2Tool: Tool = {
  name: 'nv2',
  summary: "Signatures of Notary v2's prototype: made, verified, pushed and pulled as it did.",
  commands: [
    {
      name: 'sign',
      args: '[uri]',
      summary: 'sign the manifest of an artifact or image; without a URI the one on stdin',
      options: () => [
        single('-m, --method <method>', 'signing method: x509'),
        single('-k, --key <key>', 'private key in PEM, or name or reference of a key of sealwright'),
        single(
          '-c, --cert <file>',
          'certificates of the key in PEM, its own first; without it its id stands in',
        ),
        single('-e, --expiry <duration>', 'the signature ends then: 8760h', parseGoDuration),
        repeatable('-r, --reference <reference>', 'where the manifest comes from'),
        single('-o, --output <file>', 'write the signature there (default: <hex of the digest>.nv2)'),
        MEDIA_TYPE(),
        choice('--format <form>', 'json, first-json or jwt (default: json)', ['json', 'first-json', 'jwt']),
        toggle('--push', 'push the signature too; a file is written only with -o'),
        single('--push-reference <uri>', 'push it to this manifest instead'),
        ...remoteFlags(),
        ...keyFlags(),
      ],
      examples: [
        'nv2 sign --method x509 -k wabbit-networks.key -r registry.wabbit-networks.com/net-monitor:v1 \\',
        '  -o net-monitor.signature.json file:net-monitor_v1-manifest.json',
      ],
      load: async () => (await import('./sign.ts')).sign,
    },
    {
      name: 'verify',
      args: '[uri]',
      summary: 'verify that a manifest is signed; without a URI the one on stdin',
      options: () => [
        ...signatureFlags(),
        repeatable('-c, --cert <file>', 'certificates of signers, in PEM'),
        repeatable('--ca-cert <file>', 'certificates of authorities that signers are certified by, in PEM'),
        MEDIA_TYPE(),
        ...remoteFlags(),
      ],
      examples: ['nv2 verify -f net-monitor.signature.json -c wabbit-networks.crt file:manifest.json'],
      load: async () => (await import('./verify.ts')).verify,
    },
    {
      name: 'push',
      args: '<uri>',
      summary: 'push a signature to the manifest that it signs',
      options: () => [...signatureFlags(), ...remoteFlags()],
      examples: ['nv2 push -f net-monitor.signature.json oci://registry.wabbit-networks.com/net-monitor:v1'],
      load: async () => (await import('./push.ts')).push,
    },
    {
      name: 'pull',
      args: '<uri>',
      summary: 'pull the signatures of a manifest',
      options: () => [
        single('-o, --output <path>', 'directory for them (default: <hex of the digest>)'),
        toggle('--peek', 'list them, and write nothing'),
        ...remoteFlags(),
      ],
      examples: ['nv2 pull -o signatures oci://registry.wabbit-networks.com/net-monitor:v1'],
      load: async () => (await import('./pull.ts')).pull,
    },
  ],
}
