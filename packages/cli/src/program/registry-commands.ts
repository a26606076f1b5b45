import { repeatable, single, toggle } from './flag.ts'
import type { Leaf } from './leaf.ts'

export const deleteCommand: Leaf = {
  name: 'delete',
  args: '<target>',
  summary: 'delete signatures of a target; the target itself stays',
  options: () => [
    repeatable('--signature <digest>', 'this one; sealwright list shows the digests'),
    toggle('--all', 'all signatures; attestations and bills of materials stay'),
    toggle('--dry-run', 'say what would be deleted, and delete nothing'),
  ],
  registry: true,
  examples: [
    'sealwright delete registry.example/app:v1 --signature sha256:…',
    'sealwright delete registry.example/app:v1 --all --dry-run',
  ],
  resolves: true,
  load: async () => (await import('../commands/delete.ts')).deleteSignatures,
}

export const loginCommand: Leaf = {
  name: 'login',
  args: '<host>',
  summary: 'log in to a registry, as docker, podman and oras do',
  options: () => [
    single('--username <name>', 'user of the registry'),
    toggle('--password-stdin', 'read the password from stdin'),
    repeatable('--plain-http <host>', 'use http for this host; loopback needs no flag'),
    single('--ca-file <file>', 'PEM certificates of the CA of the registry, besides the usual ones'),
  ],
  examples: [
    'sealwright login registry.example',
    'sealwright login registry.example --username ci --password-stdin < token',
  ],
  load: async () => (await import('../commands/login.ts')).login,
}

export const logoutCommand: Leaf = {
  name: 'logout',
  args: '<host>',
  summary: 'log out of a registry',
  examples: ['sealwright logout registry.example', 'sealwright logout localhost:5000'],
  load: async () => (await import('../commands/logout.ts')).logout,
}
