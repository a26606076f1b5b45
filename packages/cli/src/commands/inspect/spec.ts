import { registryFlags } from '../../flags/common-flags.ts'
import { count, type FlagValues, single, toggle } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  signature: single('--signature <digest>', 'only this one'),
  raw: toggle('--raw', 'write the bytes of the envelope to stdout'),
  maxSignatures: single(
    '--max-signatures <number>',
    'read at most this many; fail if there are more (default: 100)',
    count,
  ),
  ...registryFlags(),
})

export type InspectFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright inspect` */
export const inspectCommand = defineCommand({
  name: 'inspect',
  args: '<target|envelope>',
  summary: 'show what signatures contain, without verifying them',
  flags,
  resolves: true,
  examples: [
    'sealwright inspect registry.example/app:v1',
    'sealwright inspect ./app.tgz.jws.sig',
    'sealwright inspect oci:./layout:v1 --signature sha256:… --raw > app.sig',
  ],
  load: async () => (await import('./run.ts')).inspect,
})
