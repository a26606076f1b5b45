import { keyFlags, parseAuthority, registryFlags } from '../../flags/common-flags.ts'
import { count, type FlagValues, repeatable, single, toggle } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  fix: toggle('--fix', 'repair the fallback index of a target, or of all in a repository'),
  timestamp: repeatable('--timestamp <url>', 'a timestamp authority to be tried', parseAuthority),
  revocation: toggle(
    '--revocation',
    'ask the OCSP responders and CRLs that the certificates of the keys name',
  ),
  bench: single('--bench <number>', 'sign this many dummies with each key and measure; asks first', count),
  ...keyFlags(),
  ...registryFlags(),
})

export type DoctorFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright doctor` */
export const doctorCommand = defineCommand({
  name: 'doctor',
  args: '[key|target...]',
  summary: 'check this machine and its configuration, a key, or a registry',
  flags,
  examples: [
    'sealwright doctor',
    'sealwright doctor release',
    'sealwright doctor release --bench 100',
    'sealwright doctor release --revocation --timestamp http://tsa.example/rfc3161',
    'sealwright doctor registry.example/app:v1 --fix',
    'sealwright doctor registry.example/app --fix',
  ],
  load: async () => (await import('./run.ts')).doctor,
})
