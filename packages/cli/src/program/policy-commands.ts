import { choice, repeatable, single, toggle } from './flag.ts'
import type { Group } from './leaf.ts'

/** The commands about the trust policy. */
export const policyCommands: Group = {
  name: 'policy',
  summary: 'make, show and check the trust policy',
  leaves: [
    {
      name: 'init',
      summary: 'add a statement to the trust policy',
      options: () => [
        single('--name <name>', 'name of the statement'),
        repeatable('--scope <repository>', 'applies to this repository, or *'),
        toggle('--statement-for-files', 'applies to files'),
        toggle('--global', 'the statement for files that name none'),
        repeatable('--trust-store <store>', 'trust what is in it: ca:NAME'),
        repeatable('--trusted-identity <dn>', 'only these subjects (default: every signer of the stores)'),
        choice('--level <level>', 'strict, permissive, audit or skip (default: strict)', [
          'strict',
          'permissive',
          'audit',
          'skip',
        ]),
      ],
      examples: [
        'sealwright policy init --name prod --scope registry.example/app --trust-store ca:acme --trusted-identity "C=DE,ST=Hessen,O=Acme"',
        'sealwright policy init --name files --statement-for-files --global --trust-store ca:acme --trusted-identity "*"',
      ],
      load: async () => (await import('../commands/policy-init.ts')).policyInit,
    },
    {
      name: 'show',
      summary: 'show the policy in effect',
      options: () => [
        single('--for <target>', 'the statement that applies to it, and why the others do not'),
      ],
      examples: ['sealwright policy show', 'sealwright policy show --for registry.example/app:v1'],
      load: async () => (await import('../commands/policy-show.ts')).policyShow,
    },
    {
      name: 'check',
      args: '[file]',
      summary: 'find faults in a policy, with line and column',
      options: () => [single('--for <target>', 'and the statement that applies to it')],
      examples: [
        'sealwright policy check',
        'sealwright policy check policy.json --for registry.example/app:v1',
      ],
      load: async () => (await import('../commands/policy-check.ts')).policyCheck,
    },
  ],
}
