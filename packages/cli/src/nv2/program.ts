import { keyFlags } from '../flags/common-flags.ts'
import { choice, type FlagValues, repeatable, single, toggle } from '../flags/flag.ts'
import { plainProgram } from '../program/program.ts'
import { usageError } from '../runtime/usage.ts'
import { defineCommand } from '../session/command.ts'

const remoteFlags = () => ({
  username: single('-u, --username <name>', 'user of the registry (or NV2_USERNAME)'),
  password: single('-p, --password <password>', 'its password, or - to read it from stdin (or NV2_PASSWORD)'),
  plainHttp: toggle('--plain-http', 'speak http to the registry; loopback needs no permission'),
  insecure: toggle('--insecure', 'as --plain-http').hideHelp(),
})

/** Of commands that may talk to a registry. */
export type RemoteFlags = FlagValues<ReturnType<typeof remoteFlags>>

/** `-s` is another name of `-f`. */
const signatureFlags = () => ({
  signature: single('-f, --signature <file>', 'signature file (also -s)'),
  s: single('-s <file>', '').hideHelp(),
})

export type SignatureFlags = FlagValues<ReturnType<typeof signatureFlags>>

const manifestFlags = () => ({
  mediaType: single(
    '--media-type <type>',
    "of a manifest from a file or stdin (default: the manifest's own, else that of Docker images)",
  ),
  ...remoteFlags(),
})

export type ManifestFlags = FlagValues<ReturnType<typeof manifestFlags>>

const signFlags = () => ({
  method: single('-m, --method <method>', 'signing method: x509'),
  key: single('-k, --key <key>', 'private key in PEM, or name or reference of a key of sealwright'),
  cert: single(
    '-c, --cert <file>',
    'certificates of the key in PEM, its own first; without it its id stands in',
  ),
  expiry: single('-e, --expiry <duration>', 'the signature ends then: 8760h', parseGoDuration),
  reference: repeatable('-r, --reference <reference>', 'where the manifest comes from'),
  output: single('-o, --output <file>', 'write the signature there (default: <hex of the digest>.nv2)'),
  format: choice('--format <form>', 'json, first-json or jwt (default: json)', ['json', 'first-json', 'jwt']),
  push: toggle('--push', 'push the signature too; a file is written only with -o'),
  pushReference: single('--push-reference <uri>', 'push it to this manifest instead'),
  ...manifestFlags(),
  ...keyFlags(),
})

export type SignFlags = FlagValues<ReturnType<typeof signFlags>>

const verifyFlags = () => ({
  ...signatureFlags(),
  cert: repeatable('-c, --cert <file>', 'certificates of signers, in PEM'),
  caCert: repeatable('--ca-cert <file>', 'certificates of authorities that signers are certified by, in PEM'),
  ...manifestFlags(),
})

export type VerifyFlags = FlagValues<ReturnType<typeof verifyFlags>>

const pushFlags = () => ({ ...signatureFlags(), ...remoteFlags() })

export type PushFlags = FlagValues<ReturnType<typeof pushFlags>>

const pullFlags = () => ({
  output: single('-o, --output <path>', 'directory for them (default: <hex of the digest>)'),
  peek: toggle('--peek', 'list them, and write nothing'),
  ...remoteFlags(),
})

export type PullFlags = FlagValues<ReturnType<typeof pullFlags>>

/** The program of Notary v2's prototype. */
export const nv2 = plainProgram(
  'nv2',
  "Signatures of Notary v2's prototype: made, verified, pushed and pulled as it did.",
  [
    defineCommand({
      name: 'sign',
      args: '[uri]',
      summary: 'sign the manifest of an artifact or image; without a URI the one on stdin',
      flags: signFlags,
      examples: [
        'nv2 sign --method x509 -k wabbit-networks.key -r registry.wabbit-networks.com/net-monitor:v1 \\',
        '  -o net-monitor.signature.json file:net-monitor_v1-manifest.json',
      ],
      load: async () => (await import('./sign.ts')).sign,
    }),
    defineCommand({
      name: 'verify',
      args: '[uri]',
      summary: 'verify that a manifest is signed; without a URI the one on stdin',
      flags: verifyFlags,
      examples: ['nv2 verify -f net-monitor.signature.json -c wabbit-networks.crt file:manifest.json'],
      load: async () => (await import('./verify.ts')).verify,
    }),
    defineCommand({
      name: 'push',
      args: '<uri>',
      summary: 'push a signature to the manifest that it signs',
      flags: pushFlags,
      examples: ['nv2 push -f net-monitor.signature.json oci://registry.wabbit-networks.com/net-monitor:v1'],
      load: async () => (await import('./push.ts')).push,
    }),
    defineCommand({
      name: 'pull',
      args: '<uri>',
      summary: 'pull the signatures of a manifest',
      flags: pullFlags,
      examples: ['nv2 pull -o signatures oci://registry.wabbit-networks.com/net-monitor:v1'],
      load: async () => (await import('./pull.ts')).pull,
    }),
  ],
)

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const LONGEST = 100 * 366 * 86_400

/**
 * Reads a duration as the prototype did, by Go's `time.ParseDuration` (`8760h`, `1h30m`), in whole units, and days beside.
 *
 * @param label - The flag it was given for.
 * @returns Milliseconds: at least one second and at most 100 years.
 */
function parseGoDuration(text: string, label: string): number {
  const isOne = /^(?:[0-9]{1,10}[smhd])+$/.test(text)
  let seconds = isOne ? 0 : Number.NaN
  for (const [, digits, unit] of text.matchAll(/([0-9]+)([smhd])/g))
    seconds += Number(digits) * (UNITS[unit as string] as number)
  if (!(seconds >= 1 && seconds <= LONGEST)) {
    throw usageError(`${label}: "${text}" is not a duration`, {
      why: 'a duration is made of whole numbers and units: 8760h, 1h30m, 90d',
      fix: `use ${label} 8760h`,
    })
  }
  return seconds * 1000
}
