import { registryFlags } from '../../flags/common-flags.ts'
import { type FlagValues, repeatable, toggle } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  signature: repeatable('--signature <digest>', 'this one; sealwright list shows the digests'),
  all: toggle('--all', 'all signatures; attestations and bills of materials stay'),
  dryRun: toggle('--dry-run', 'show what would be deleted, without deleting it'),
  ...registryFlags(),
})

export type DeleteFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright delete` */
export const deleteCommand = defineCommand({
  name: 'delete',
  args: '<target>',
  summary: 'delete signatures of a target; the target itself stays',
  flags,
  examples: [
    'sealwright delete registry.example/app:v1 --signature sha256:…',
    'sealwright delete registry.example/app:v1 --all --dry-run',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).deleteSignatures,
})
