import { registryFlags } from '../../flags/common-flags.ts'
import { count, type FlagValues, single, suggesting } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  type: suggesting(
    single('--type <type>', 'only signature, attestation, sbom, evidence, or this media type'),
    ['signature', 'attestation', 'sbom', 'evidence'],
  ),
  depth: single('--depth <number>', 'levels of the tree (default: all)', count),
  ...registryFlags(),
})

export type ListFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright list` */
export const listCommand = defineCommand({
  name: 'list',
  args: '<target>',
  summary: 'list the signatures and attestations of a target',
  flags,
  examples: [
    'sealwright list registry.example/app:v1',
    'sealwright list --type attestation --depth 1 registry.example/app:v1',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).list,
})
