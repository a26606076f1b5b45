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
        toggle('--statement-for-files', 'applies to files, not to artifacts'),
        toggle('--global', 'with --statement-for-files: applies where verify names no statement'),
        repeatable('--trust-store <store>', 'trust what is in it: ca:NAME'),
        repeatable(
          '--trusted-identity <dn>',
          'trust signers with these attributes; * means every signer of the stores',
        ),
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
      name: 'edit',
      args: '<name>',
      summary: 'add to a statement of the trust policy, take from it, or remove it',
      options: () => [
        repeatable('--add-scope <repository>', 'apply to this repository too'),
        repeatable('--remove-scope <repository>', 'apply to this repository no longer'),
        repeatable('--add-store <store>', 'trust what is in this store too: ca:NAME'),
        repeatable('--remove-store <store>', 'trust what is in this store no longer'),
        repeatable('--add-identity <dn>', 'trust signers with these attributes too'),
        repeatable('--remove-identity <dn>', 'trust signers with these attributes no longer'),
        toggle('--remove', 'remove the statement'),
        toggle('--statement-for-files', 'the statement of the policy for files, where both have the name'),
      ],
      examples: [
        'sealwright policy edit prod --add-scope registry.example/web --remove-scope registry.example/old',
        'sealwright policy edit prod --add-store ca:other --add-identity "C=DE,ST=Hessen,O=Other"',
        'sealwright policy edit old --remove',
      ],
      load: async () => (await import('../commands/policy-edit.ts')).policyEdit,
    },
    {
      name: 'import',
      args: '<file>',
      summary: 'replace the trust policy by this one, if it has no fault; the previous one is kept as .bak',
      examples: ['sealwright policy import policy.json', 'sealwright policy import - < policy.json'],
      load: async () => (await import('../commands/policy-import.ts')).policyImport,
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
