import { registryFlags, timestampFlags } from '../../flags/common-flags.ts'
import { count, type FlagValues, single } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  maxSignatures: single(
    '--max-signatures <number>',
    'ask for at most this many signatures; fail if there are more (default: 100)',
    count,
  ),
  ...timestampFlags(),
  ...registryFlags(),
})

export type StapleFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright staple` */
export const stapleCommand = defineCommand({
  name: 'staple',
  args: '<target>',
  summary: 'attach OCSP responses, CRLs and timestamps to the signatures of a target',
  flags,
  examples: [
    'sealwright staple registry.example/app:v1',
    'sealwright staple --timestamp https://tsa.example registry.example/app:v1',
    'sealwright staple --signatures-in oci:./signatures registry.example/app:v1',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).staple,
})
