import { version as versionCommand } from '../commands/version.ts'
import { parseDuration } from '../frame/duration.ts'
import { attestCommand } from './attest-command.ts'
import { certificateCommands } from './certificate-commands.ts'
import { count, repeatable, single, toggle } from './flag.ts'
import { keyCommands } from './key-commands.ts'
import { keyFlags } from './key-flags.ts'
import type { Group, Leaf } from './leaf.ts'
import { policyCommands } from './policy-commands.ts'
import { deleteCommand, loginCommand, logoutCommand } from './registry-commands.ts'
import { attachCommand, signCommand, verifyCommand } from './signature-commands.ts'

const init: Leaf = {
  name: 'init',
  args: '[name]',
  about: {
    name: 'name of the key, its certificate and its trust store: letters, digits, dots, hyphens, underscores',
  },
  summary: 'make a key, its certificate, trust in it and a policy; keep what exists',
  options: () => [
    single('-k, --key <key>', 'use this key instead of making one'),
    repeatable('--scope <repository>', 'trust the key for this repository (registry.example/app), or *'),
    single('--subject <dn>', 'subject of the certificate (default: CN=NAME,O=NAME,ST=Unknown,C=ZZ)'),
    single('--expiry <duration>', 'validity of the certificate (default: 365d)', parseDuration),
    ...keyFlags(),
    toggle('--no-passphrase', 'store the key in clear text'),
    toggle('--dry-run', 'say what would be made, and make nothing'),
  ],
  examples: [
    'sealwright init me --scope registry.example/me/app',
    "sealwright init release -k awskms:///alias/release --scope '*'",
  ],
  load: async () => (await import('../commands/init.ts')).init,
}

const inspect: Leaf = {
  name: 'inspect',
  args: '<target|envelope>',
  summary: 'show what signatures contain, without verifying them',
  options: () => [
    single('--signature <digest>', 'only this one'),
    toggle('--raw', 'write the bytes of the envelope to stdout'),
    single(
      '--max-signatures <number>',
      'read at most this many; fail if there are more (default: 100)',
      count,
    ),
  ],
  registry: true,
  resolves: true,
  examples: [
    'sealwright inspect registry.example/app:v1',
    'sealwright inspect ./app.tgz.jws.sig',
    'sealwright inspect oci:./layout:v1 --signature sha256:… --raw > app.sig',
  ],
  load: async () => (await import('../commands/inspect.ts')).inspect,
}

const list: Leaf = {
  name: 'list',
  args: '<target>',
  summary: 'list the signatures and attestations of a target',
  options: () => [
    single('--type <type>', 'only signature, attestation, sbom, or this media type'),
    single('--depth <number>', 'levels of the tree (default: all)', count),
  ],
  registry: true,
  examples: [
    'sealwright list registry.example/app:v1',
    'sealwright list --type attestation --depth 1 registry.example/app:v1',
  ],
  resolves: true,
  load: async () => (await import('../commands/list.ts')).list,
}

const copy: Leaf = {
  name: 'copy',
  args: '<from> <to>',
  summary: 'copy an artifact with its signatures and attestations',
  options: () => [
    repeatable('--only <type>', 'copy only these referrers: signature, attestation, sbom, or a media type'),
    single('--platform <platform>', 'one image of an index: linux/amd64, linux/arm/v7'),
    toggle('--verify', 'copy only what verifies under the trust policy'),
    single('--scope <repository>', 'with --verify, judge a layout or an archive as this repository'),
    toggle('--dry-run', 'say what would be copied, and copy nothing'),
  ],
  registry: true,
  examples: [
    'sealwright copy registry.example/app:v1 registry.inside/app',
    'sealwright copy registry.example/app@sha256:… oci-archive:app.tar --verify',
    'sealwright copy oci-archive:app.tar registry.inside/app:v1',
    'sealwright copy registry.example/app:v1 oci-archive:- | ssh inside sealwright copy oci-archive:- oci:app',
  ],
  resolves: true,
  load: async () => (await import('../commands/copy.ts')).copy,
}

const doctor: Leaf = {
  name: 'doctor',
  args: '[key|target...]',
  summary: 'check this machine and its configuration, a key, or a registry',
  options: () => [
    toggle('--fix', 'repair the fallback index of a target, or of all in a repository'),
    single('--bench <number>', 'sign this many dummies with each key and measure; asks first', count),
    ...keyFlags(),
  ],
  registry: true,
  examples: [
    'sealwright doctor',
    'sealwright doctor release',
    'sealwright doctor release --bench 100',
    'sealwright doctor registry.example/app:v1 --fix',
    'sealwright doctor registry.example/app --fix',
  ],
  load: async () => (await import('../commands/doctor.ts')).doctor,
}

const version: Leaf = {
  name: 'version',
  summary: 'print the version',
  examples: ['sealwright version', 'sealwright version -o json'],
  load: async () => versionCommand,
}

const help: Leaf = {
  name: 'help',
  args: '[command...]',
  summary: 'show the help of a command',
  examples: ['sealwright help sign', 'sealwright help key add'],
  load: async () => (await import('../commands/help.ts')).help,
}

/** Every command, in the order of the help. */
export const tree: readonly (Leaf | Group)[] = [
  init,
  signCommand,
  attestCommand,
  attachCommand,
  verifyCommand,
  inspect,
  list,
  copy,
  deleteCommand,
  keyCommands,
  certificateCommands,
  policyCommands,
  doctor,
  loginCommand,
  logoutCommand,
  version,
  help,
]
