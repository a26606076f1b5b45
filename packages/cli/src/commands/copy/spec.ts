import { registryFlags } from '../../flags/common-flags.ts'
import { type FlagValues, repeatable, single, suggesting, toggle } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

const flags = () => ({
  only: suggesting(
    repeatable('--only <type>', 'copy only these referrers: signature, attestation, sbom, or a media type'),
    ['signature', 'attestation', 'sbom'],
  ),
  platform: single('--platform <platform>', 'one image of an index: linux/amd64, linux/arm/v7'),
  verify: toggle('--verify', 'copy only artifacts that verify under the trust policy'),
  revocation: toggle(
    '--revocation',
    'add OCSP responses and CRLs for the signatures; asks the hosts that certificates name',
  ),
  scope: single('--scope <repository>', 'with --verify, judge a layout or an archive as this repository'),
  dryRun: toggle('--dry-run', 'show what would be copied, without copying it'),
  ...registryFlags(),
})

export type CopyFlags = FlagValues<ReturnType<typeof flags>>

/** `sealwright copy` */
export const copyCommand = defineCommand({
  name: 'copy',
  args: '<from> <to>',
  summary: 'copy an artifact with its signatures and attestations',
  flags,
  examples: [
    'sealwright copy registry.example/app:v1 registry.inside/app',
    'sealwright copy registry.example/app@sha256:… oci-archive:app.tar --revocation --verify',
    'sealwright copy oci-archive:app.tar registry.inside/app:v1',
    'sealwright copy registry.example/app:v1 oci-archive:- | ssh inside sealwright copy oci-archive:- oci:app',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).copy,
})
