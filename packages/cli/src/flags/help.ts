import type { Command, Help, Option } from 'commander'

const GLOBAL = 'Global options:'
const REGISTRY = 'Registry options:'

/** The headings of the options that many commands have, in the order of the help. */
export const HEADINGS = { global: GLOBAL, registry: REGISTRY } as const

/** What the arguments of commands are, by the names that their usage gives them. */
export const ARGUMENTS: Readonly<Record<string, string>> = {
  target:
    'registry.example/app:v1, or with @sha256:…; oci:DIR[:TAG]; oci-archive:FILE[:TAG]; a file as ./FILE, or - for stdin',
  envelope: 'file with a signature envelope, or - for stdin',
  'target|envelope': 'a target as sign takes it, or a file with a signature envelope',
  from: 'what to copy: registry.example/app:v1, oci:DIR[:TAG], oci-archive:FILE[:TAG], or oci-archive:- for stdin',
  to: 'where to: registry.example/app[:TAG], oci:DIR[:TAG], oci-archive:FILE[:TAG], or oci-archive:- for stdout',
  key: 'name of a key, or a reference: file:PATH, awskms://…, azurekms://…, gcpkms://…, hashivault://…, pkcs11:…',
  'key|csr': 'name or reference of a key, or a file with a certificate request',
  'key|target': 'key, or registry.example/app:v1, or a whole repository as registry.example/app',
  ref: 'where the key is: file:PATH, awskms://…, azurekms://…, gcpkms://…, hashivault://…, pkcs11:…',
  name: 'short name: letters, digits, dots, hyphens and underscores',
  store: 'trust store: ca:NAME, signingAuthority:NAME or tsa:NAME',
  source: 'certificate file, key, or trust store (ca:NAME)',
  certificate: 'certificate file, or the SHA-256 fingerprint of a certificate',
  file: 'file to read, or - for stdin',
  host: 'host of the registry, with its port: registry.example, localhost:5000',
  command: 'words of a command: sign, key add',
  'key-name': 'name of a key, as key list shows it',
  'key-store': 'what references begin with: awskms:///alias/, pkcs11:token=ACME',
  statement: 'name of a statement, as policy show shows it',
}

/** The help of a command: what it takes and what it offers come before the options of every command. */
export function formatHelp(command: Command, helper: Help): string {
  const termWidth = helper.padWidth(command, helper)
  const width = helper.helpWidth ?? 80
  const section = (
    title: string,
    items: readonly (readonly [term: string, description: string])[],
  ): string[] =>
    items.length === 0
      ? []
      : [
          title,
          ...items.map(([term, description]) => helper.formatItem(term, termWidth, description, helper)),
          '',
        ]
  const options = (heading: string | undefined) =>
    section(
      heading ?? 'Options:',
      helper
        .visibleOptions(command)
        .filter(option => option.helpGroupHeading === heading)
        .map((option: Option) => [helper.optionTerm(option), helper.optionDescription(option)]),
    )
  return [
    `Usage: ${helper.commandUsage(command)}`,
    '',
    helper.boxWrap(helper.commandDescription(command), width),
    '',
    ...section(
      'Arguments:',
      command.registeredArguments.map(argument => [argument.name(), argument.description]),
    ),
    ...section(
      'Commands:',
      helper
        .visibleCommands(command)
        .map(child => [helper.subcommandTerm(child), helper.subcommandDescription(child)]),
    ),
    ...options(undefined),
    ...options(REGISTRY),
    ...options(GLOBAL),
  ].join('\n')
}
