import type { SealwrightError } from '@sealwright/core'
import type { Command, CommanderError } from 'commander'
import { missingValue } from '../flags/flag.ts'
import { usageError } from '../runtime/usage.ts'

/** A wrong call of a program as one error: what is wrong, why, and the one thing to do. */
export function explain(error: CommanderError, command: Command, program = 'sealwright'): SealwrightError {
  const words = pathOf(command)
  const name = [program, ...words].join(' ')
  const [head, suggestion] = split(error.message)
  const help = `${name} --help`
  const habits = program === 'sealwright'
  /** What the message quotes: an option, an argument. */
  const quoted = /'(.*?)'/s.exec(head)?.[1] ?? ''
  switch (error.code) {
    case 'commander.help':
      return usageError(`${name} needs a command`, {
        why: `the commands are ${namesOf(command)}`,
        fix: help,
      })
    case 'commander.unknownCommand':
      return unknownCommand(name, [...words, ...command.args], command.args[0] ?? '', { habits, suggestion })
    case 'commander.unknownOption':
      return usageError(
        `unknown option ${quoted}`,
        lookUp(IMPOSSIBLE, `${words.join(' ')} ${quoted}`) ??
          elsewhere(habits ? flagElsewhere(quoted) : undefined, suggestion, help),
      )
    case 'commander.missingArgument': {
      const about = command.registeredArguments.find(argument => argument.name() === quoted)?.description
      return usageError(`${name} needs ${quoted.toUpperCase()}`, {
        ...(about ? { why: about } : {}),
        fix: help,
      })
    }
    case 'commander.optionMissingArgument':
      return missingValue(/--[\w-]+/.exec(quoted)?.[0] ?? quoted, quoted, 'nothing follows it')
    case 'commander.excessArguments': {
      const most = command.registeredArguments.length
      return usageError(
        `${name} takes ${most === 0 ? 'no arguments' : `at most ${most} argument${most === 1 ? '' : 's'}`}`,
        {
          why: `${JSON.stringify(command.args[most])} is one more`,
          fix: help,
        },
      )
    }
    default:
      return usageError(`${name} cannot be called like that`, { why: head, fix: help })
  }
}

/** The error of a word that no command has. */
export function unknownCommand(
  name: string,
  words: readonly string[],
  word: string,
  { habits, suggestion }: { readonly habits: boolean; readonly suggestion?: string | undefined },
): SealwrightError {
  return usageError(
    `unknown command "${word}"`,
    elsewhere(habits ? commandElsewhere(words) : undefined, suggestion, `${name} --help`, name),
  )
}

function namesOf(command: Command): string {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(child => child.name())
    .join(', ')
}

function elsewhere(
  known: Elsewhere | undefined,
  suggestion: string | undefined,
  help: string,
  prefix?: string,
): { why?: string; fix: string } {
  if (known) {
    return { why: `"${known.there}" of ${known.from} is "${known.here}" here`, fix: known.fix ?? known.here }
  }
  if (suggestion === undefined) return { fix: help }
  const [first] = suggestion.split(', ')
  return {
    why: `did you mean ${suggestion}?`,
    fix: prefix ? `${prefix} ${first}` : `use ${first}, or see ${help}`,
  }
}

/** commander's message without its prefix, and the names it suggests. */
function split(message: string): [string, string | undefined] {
  const [head = '', tail] = message.replace(/^error: /, '').split('\n(Did you mean ')
  return [head, tail?.replace(/^one of /, '').replace(/\?\)$/, '')]
}

/** The words after the program's name that lead to a command. */
export function pathOf(command: Command): string[] {
  return command.parent ? [...pathOf(command.parent), command.name()] : []
}

/** One habit from another tool: what was typed there, and what does it here. */
interface Elsewhere {
  /** The tool it comes from. */
  readonly from: string
  readonly there: string
  readonly here: string
  /** The fix, where `here` names several commands or is none. */
  readonly fix?: string | undefined
}

function row(from: string, there: string, here: string, fix?: string): Elsewhere {
  return { from, there, here, fix }
}

/** Commands of other tools, by the words after the program's name. */
const COMMANDS: Readonly<Record<string, Elsewhere>> = {
  blob: row(
    'notation',
    'blob sign|verify|inspect FILE',
    'sealwright sign|verify|inspect ./FILE',
    'sealwright sign ./FILE',
  ),
  'blob verify': row('notation', 'blob verify FILE', 'sealwright verify ./FILE'),
  'blob inspect': row('notation', 'blob inspect FILE', 'sealwright inspect ./FILE'),
  certificate: row('notation', 'certificate add -t ca -s NAME FILE', 'sealwright cert add ca:NAME FILE'),
  ls: row('notation', 'ls', 'sealwright list TARGET'),
  'key ls': row('notation', 'key ls', 'sealwright key list'),
  'key update': row('notation', 'key update NAME --default', 'sealwright key add NAME REF --default'),
  'key set': row('notation', 'key set NAME --default', 'sealwright key add NAME REF --default'),
  'key delete': row('notation', 'key delete', 'sealwright key remove NAME'),
  'cert ls': row('notation', 'cert ls', 'sealwright cert list'),
  'cert delete': row('notation', 'cert delete', 'sealwright cert remove STORE FINGERPRINT'),
  'cert generate-test': row('notation', 'cert generate-test NAME', 'sealwright init NAME'),
  'sign-blob': row('cosign', 'sign-blob FILE', 'sealwright sign ./FILE'),
  'verify-blob': row('cosign', 'verify-blob FILE', 'sealwright verify ./FILE'),
  'verify-attestation': row(
    'cosign',
    'verify-attestation --type TYPE',
    'sealwright verify --attestation TYPE',
    'sealwright verify --attestation TYPE TARGET',
  ),
  tree: row('cosign', 'tree', 'sealwright list TARGET'),
  clean: row('cosign', 'clean', 'sealwright delete TARGET --all'),
  save: row('cosign', 'save', 'sealwright copy TARGET oci-archive:FILE'),
  load: row('cosign', 'load', 'sealwright copy oci-archive:FILE TARGET'),
  download: row('cosign', 'download signature', 'sealwright inspect --raw TARGET'),
  'public-key': row('cosign', 'public-key --key KEY', 'sealwright key show KEY --public'),
  'generate-key-pair': row('cosign', 'generate-key-pair', 'sealwright init'),
  cp: row('oras', 'cp -r FROM TO', 'sealwright copy FROM TO'),
  backup: row('oras', 'backup', 'sealwright copy TARGET oci-archive:FILE'),
  restore: row('oras', 'restore', 'sealwright copy oci-archive:FILE TARGET'),
  discover: row('oras', 'discover', 'sealwright list TARGET'),
}

/** Flags of other tools. */
const FLAGS: Readonly<Record<string, Elsewhere>> = {
  '--plugin': row('notation', '--plugin P --id I', '-k KEY', 'name the key: sealwright key add NAME REF'),
  '--id': row('notation', '--plugin P --id I', '-k KEY', 'name the key: sealwright key add NAME REF'),
  '--signature-format': row(
    'notation',
    '--signature-format jws|cose',
    '--format jws|cose',
    'use --format jws or --format cose',
  ),
  '-e': row('notation', '-e 720h', '--expiry 30d', 'use --expiry 30d'),
  '--user-metadata': row('notation', '--user-metadata K=V', '--metadata K=V', 'use --metadata K=V'),
  '--force-referrers-tag': row('notation', '--force-referrers-tag', '--referrers tag', 'use --referrers tag'),
  '--insecure-registry': row('notation', '--insecure-registry', '--plain-http HOST', 'use --plain-http HOST'),
  '--oci-layout': row('notation', '--oci-layout DIR:tag', 'oci:DIR:tag', 'name the target oci:DIR:TAG'),
  '--policy-name': row('notation', '--policy-name NAME', '--statement NAME', 'use --statement NAME'),
  '--type': row(
    'notation',
    '--type ca --store NAME',
    'ca:NAME, as a policy spells the store',
    'name the store ca:NAME',
  ),
  '--store': row(
    'notation',
    '--type ca --store NAME',
    'ca:NAME, as a policy spells the store',
    'name the store ca:NAME',
  ),
  '-t': row('notation', '-t ca -s NAME', 'ca:NAME, as a policy spells the store', 'name the store ca:NAME'),
  '-s': row('notation', '-t ca -s NAME', 'ca:NAME, as a policy spells the store', 'name the store ca:NAME'),
  '-r': row('cosign', '-r', '--recursive', 'use --recursive'),
  '--output-signature': row('cosign', '--output-signature FILE', '--signature FILE', 'use --signature FILE'),
  '--upload': row('cosign', '--upload=false', '--signature FILE', 'use --signature FILE'),
  '--lazy': row('jsign', '--lazy', 'the default: what is signed already is skipped', 'leave --lazy out'),
}

/** Flags of ours that one command cannot have, by command and flag. */
const IMPOSSIBLE: Readonly<Record<string, { readonly why: string; readonly fix: string }>> = {
  'attest --staple': {
    why: 'the Sigstore bundle of an attestation has no place for OCSP responses and CRLs',
    fix: 'attest without it, and attach evidence afterwards: sealwright staple TARGET',
  },
}

/** What does here what `words` did elsewhere; the longest match counts. */
function commandElsewhere(words: readonly string[]): Elsewhere | undefined {
  return lookUp(COMMANDS, words.slice(0, 2).join(' ')) ?? lookUp(COMMANDS, words[0] ?? '')
}

/** What does here what `flag` did elsewhere. */
function flagElsewhere(flag: string): Elsewhere | undefined {
  return lookUp(FLAGS, flag.split('=', 1)[0] as string)
}

function lookUp<T>(rows: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined
}
