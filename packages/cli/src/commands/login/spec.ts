import { connectionFlags } from '../../flags/common-flags.ts'
import type { FlagValues } from '../../flags/flag.ts'
import { defineCommand } from '../../session/command.ts'

export type LoginFlags = FlagValues<ReturnType<typeof connectionFlags>>

/** `sealwright login` */
export const loginCommand = defineCommand({
  name: 'login',
  args: '<host>',
  summary: 'log in to a registry, as docker, podman and oras do',
  flags: connectionFlags,
  examples: [
    'sealwright login registry.example',
    'sealwright login registry.example --username ci --password-stdin < token',
  ],
  load: async () => (await import('./login.ts')).login,
})

/** `sealwright logout` */
export const logoutCommand = defineCommand({
  name: 'logout',
  args: '<host>',
  summary: 'log out of a registry',
  examples: ['sealwright logout registry.example', 'sealwright logout localhost:5000'],
  load: async () => (await import('./login.ts')).logout,
})
