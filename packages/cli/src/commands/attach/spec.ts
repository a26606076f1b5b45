import { registryFlags } from '../../flags/common-flags.ts'
import { defineCommand } from '../../session/command.ts'

/** `sealwright attach` */
export const attachCommand = defineCommand({
  name: 'attach',
  args: '<target> <envelope>',
  summary: 'attach a signature that was made elsewhere; needs no key',
  flags: registryFlags,
  examples: [
    'sealwright attach registry.example/app@sha256:… app.sig',
    'sealwright attach oci:./layout:v1 - < app.sig',
  ],
  resolves: true,
  load: async () => (await import('./run.ts')).attach,
})
