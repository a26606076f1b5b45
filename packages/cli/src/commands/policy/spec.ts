import { choice, count, type FlagValues, repeatable, single, toggle } from '../../flags/flag.ts'
import { type CommandGroup, defineCommand } from '../../session/command.ts'

const initFlags = () => ({
  name: single('--name <name>', 'name of the statement'),
  scope: repeatable(
    '--scope <repository>',
    'applies to this repository, all below registry.example/app/*, or *',
  ),
  statementForFiles: toggle('--statement-for-files', 'applies to files, not to artifacts'),
  global: toggle('--global', 'with --statement-for-files: applies where verify names no statement'),
  trustStore: repeatable('--trust-store <store>', 'trust the certificates in it: ca:NAME'),
  trustedIdentity: repeatable(
    '--trusted-identity <dn>',
    'trust signers with these attributes; * means every signer of the stores',
  ),
  level: choice('--level <level>', 'strict, permissive, audit or skip (default: strict)', [
    'strict',
    'permissive',
    'audit',
    'skip',
  ]),
  threshold: single(
    '--threshold <number>',
    "demand signatures of this many of the signers; writes Sealwright's policy",
    count,
  ),
  sealwright: toggle('--sealwright', "write Sealwright's policy, not Notation's"),
})

export type PolicyInitFlags = FlagValues<ReturnType<typeof initFlags>>

const editFlags = () => ({
  addScope: repeatable('--add-scope <repository>', 'apply to this repository too'),
  removeScope: repeatable('--remove-scope <repository>', 'apply to this repository no longer'),
  addStore: repeatable('--add-store <store>', 'also trust the certificates in this store: ca:NAME'),
  removeStore: repeatable('--remove-store <store>', 'stop trusting the certificates in this store'),
  addIdentity: repeatable('--add-identity <dn>', 'trust signers with these attributes too'),
  removeIdentity: repeatable('--remove-identity <dn>', 'trust signers with these attributes no longer'),
  remove: toggle('--remove', 'remove the statement'),
  statementForFiles: toggle(
    '--statement-for-files',
    'the statement of the policy for files, where both have the name',
  ),
})

export type PolicyEditFlags = FlagValues<ReturnType<typeof editFlags>>

const showFlags = () => ({
  for: single('--for <target>', 'the statement that applies to it, and why the others do not'),
})

export type PolicyShowFlags = FlagValues<ReturnType<typeof showFlags>>

const checkFlags = () => ({ for: single('--for <target>', 'and the statement that applies to it') })

export type PolicyCheckFlags = FlagValues<ReturnType<typeof checkFlags>>

/** The commands about the trust policy. */
export const policyCommands: CommandGroup = {
  name: 'policy',
  summary: 'make, show and check the trust policy',
  commands: [
    defineCommand({
      name: 'init',
      summary: 'add a statement to the trust policy',
      flags: initFlags,
      examples: [
        'sealwright policy init --name prod --scope registry.example/app --trust-store ca:acme --trusted-identity "C=DE,ST=Hessen,O=Acme"',
        'sealwright policy init --name files --statement-for-files --global --trust-store ca:acme --trusted-identity "*"',
        'sealwright policy init --name prod --scope "registry.example/prod/*" --threshold 2 --trust-store ca:vendor --trust-store ca:review --trusted-identity "*"',
      ],
      load: async () => (await import('./init.ts')).policyInit,
    }),
    defineCommand({
      name: 'edit',
      args: '<statement>',
      summary: 'add to a statement of the trust policy, take from it, or remove it',
      flags: editFlags,
      examples: [
        'sealwright policy edit prod --add-scope registry.example/web --remove-scope registry.example/old',
        'sealwright policy edit prod --add-store ca:other --add-identity "C=DE,ST=Hessen,O=Other"',
        'sealwright policy edit old --remove',
      ],
      load: async () => (await import('./edit.ts')).policyEdit,
    }),
    defineCommand({
      name: 'import',
      args: '<file>',
      summary: 'replace the trust policy by this one, if it has no fault; the previous one is kept as .bak',
      examples: ['sealwright policy import policy.json', 'sealwright policy import - < policy.json'],
      load: async () => (await import('./import.ts')).policyImport,
    }),
    defineCommand({
      name: 'convert',
      args: '[file]',
      summary: "print a policy of Notation as Sealwright's, if it can have the same meaning",
      examples: [
        'sealwright policy convert policy.json',
        'sealwright policy convert | sealwright policy import -',
      ],
      load: async () => (await import('./convert.ts')).policyConvert,
    }),
    defineCommand({
      name: 'show',
      summary: 'show the policy in effect',
      flags: showFlags,
      examples: ['sealwright policy show', 'sealwright policy show --for registry.example/app:v1'],
      load: async () => (await import('./show.ts')).policyShow,
    }),
    defineCommand({
      name: 'check',
      args: '[file]',
      summary: 'find faults in a policy, with line and column',
      flags: checkFlags,
      examples: [
        'sealwright policy check',
        'sealwright policy check policy.json --for registry.example/app:v1',
      ],
      load: async () => (await import('./check.ts')).policyCheck,
    }),
  ],
}
