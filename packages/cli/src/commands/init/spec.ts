import { keyFlags } from '../../flags/common-flags.ts'
import { type FlagValues, off, repeatable, single, toggle } from '../../flags/flag.ts'
import { parseDuration } from '../../runtime/time.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  key: single('-k, --key <key>', 'use this key instead of making one'),
  scope: repeatable(
    '--scope <repository>',
    'trust the key for this repository (registry.example/app), all below registry.example/app/*, or *',
  ),
  subject: single('--subject <dn>', 'subject of the certificate (default: CN=NAME,O=NAME,ST=Unknown,C=ZZ)'),
  expiry: single('--expiry <duration>', 'validity of the certificate (default: 365d)', parseDuration),
  ...keyFlags(),
  passphrase: off('--no-passphrase', 'store the key in clear text'),
  sealwright: toggle('--sealwright', "write Sealwright's policy, not Notation's"),
  dryRun: toggle('--dry-run', 'show what would be created, without creating it'),
})

export type InitFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright init` */
export const initCommand = defineCommand({
  name: 'init',
  args: '[name]',
  about: {
    name: 'name of the key, its certificate and its trust store: letters, digits, dots, hyphens, underscores',
  },
  summary: 'create a key, its certificate, a trust store and a policy; keep existing ones',
  flags,
  examples: [
    'sealwright init me --scope registry.example/me/app',
    "sealwright init release -k awskms:///alias/release --scope '*'",
  ],
  load: async () => (await import('./run.ts')).init,
})
