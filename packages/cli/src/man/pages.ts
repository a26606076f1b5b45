import type { Command, Help } from 'commander'
import { pathsOf } from '../config/paths.ts'
import { HEADINGS } from '../flags/help.ts'
import { generateManifest } from '../generate-manifest/program.ts'
import { nv2 } from '../nv2/program.ts'
import { buildProgram } from '../program/build.ts'
import { sealwright } from '../program/commands.ts'
import type { Program } from '../program/program.ts'
import { VERSION } from '../runtime/version.ts'
import type { CommandGroup, CommandSpec } from '../session/command.ts'
import { bold, callToRoff, escapeRoff, fill, literal, markdownToRoff, section, terms } from './roff.ts'

/** The pages of the documentation that the man pages take tables from, in Markdown. */
export interface Guides {
  /** `docs/guides/configuration.md`: the environment variables. */
  readonly configuration: string
  /** `docs/guides/errors.md`: the exit codes. */
  readonly errors: string
}

/** What a page is about. */
interface Subject {
  /** What a user types: `['sealwright', 'key', 'add']`. */
  readonly words: readonly string[]
  readonly command: Command
  /** Absent for a program and for a group of commands. */
  readonly spec?: CommandSpec | undefined
}

/**
 * Makes the man pages of the three programs from the declarations that their parsers and their help are made from: a page
 * for each program, group and command.
 *
 * @param date - Date of the pages: `2026-11-30`.
 * @returns The pages in roff, by file name: `sealwright-key-create.1`.
 * @throws Error where a guide lacks its table.
 */
export function manPages(guides: Guides, date: string): ReadonlyMap<string, string> {
  const programs = [sealwright, nv2, generateManifest([])].map(subjectsOf)
  return new Map(
    programs.flatMap(subjects =>
      subjects.map(subject => [
        `${nameOf(subject)}.1`,
        [
          '.\\" Written by the build of sealwright.',
          `.TH ${escapeRoff(nameOf(subject).toUpperCase())} 1 ${date} "sealwright ${VERSION}" Sealwright`,
          // Words of commands are neither divided nor spaced out.
          '.nh',
          '.ad l',
          ...bodyOf(subject, subjects, guides),
          '',
        ].join('\n'),
      ]),
    ),
  )
}

/** The program, then its commands in the order of the help. */
function subjectsOf(program: Program): Subject[] {
  const groups = program.commands.filter(isListed)
  const names = groups.flatMap(entry => [entry, ...commandsOf(entry)]).map(({ name }) => name)
  const command = buildProgram(program, names, () => {})
  const root: Subject = { words: [program.name], command }
  const subjects = [root, ...groups.flatMap(entry => under(root, entry))]
  // Docker's own page is not ours to write.
  return program.name === 'docker' ? subjects.slice(1) : subjects
}

function under({ words, command }: Subject, entry: CommandSpec | CommandGroup): Subject[] {
  const child = command.commands.find(each => each.name() === entry.name) as Command
  const subject = { words: [...words, entry.name], command: child }
  return 'commands' in entry
    ? [subject, ...entry.commands.flatMap(spec => under(subject, spec))]
    : [{ ...subject, spec: entry }]
}

function isListed(entry: CommandSpec | CommandGroup): boolean {
  return 'commands' in entry || entry.hidden !== true
}

function commandsOf(entry: CommandSpec | CommandGroup): readonly CommandSpec[] {
  return 'commands' in entry ? entry.commands : []
}

function nameOf({ words }: Subject): string {
  return words.join('-')
}

function bodyOf(subject: Subject, siblings: readonly Subject[], guides: Guides): string[] {
  const { words, command, spec } = subject
  const helper = command.createHelp()
  const summary = command.description()
  return [
    ...section(
      'NAME',
      fill(`${escapeRoff(nameOf(subject))} \\- ${escapeRoff(lowerFirst(summary).replace(/\.$/, ''))}`),
    ),
    ...section('SYNOPSIS', fill(callToRoff(helper.commandUsage(command)))),
    ...section('DESCRIPTION', fill(escapeRoff(`${upperFirst(summary).replace(/\.$/, '')}.`))),
    ...section(
      'ARGUMENTS',
      terms(
        command.registeredArguments.map(argument => [
          callToRoff(`<${argument.name()}>`),
          escapeRoff(argument.description),
        ]),
      ),
    ),
    ...section(
      'COMMANDS',
      terms(
        helper.visibleCommands(command).map(child => {
          const page = [...words, child.name()].join('-')
          const hasPage = siblings.some(each => nameOf(each) === page)
          return [hasPage ? reference(page) : bold(child.name()), escapeRoff(upperFirst(child.description()))]
        }),
      ),
    ),
    ...section('OPTIONS', [
      ...options(command, helper, undefined),
      ...[HEADINGS.registry, HEADINGS.global].flatMap(heading => {
        const lines = options(command, helper, heading)
        return lines.length === 0 ? [] : [`.SS ${escapeRoff(heading.replace(/:$/, ''))}`, ...lines]
      }),
    ]),
    ...section('EXAMPLES', literal(spec?.examples ?? [])),
    ...section('EXIT STATUS', exitStatus(guides)),
    ...section('FILES', files(subject)),
    ...section('ENVIRONMENT', environment(subject, siblings, guides)),
    ...section('SEE ALSO', fill(seeAlso(subject, siblings))),
  ]
}

function options(command: Command, helper: Help, heading: string | undefined): string[] {
  return terms(
    helper
      .visibleOptions(command)
      .filter(option => option.helpGroupHeading === heading)
      .map(option => [callToRoff(helper.optionTerm(option)), escapeRoff(helper.optionDescription(option))]),
  )
}

function exitStatus({ errors }: Guides): string[] {
  return terms(
    rowsOf(errors, '| Exit | Meaning | What to do |').map(([codes = '', meaning = '']) => [
      bold(codes),
      markdownToRoff(meaning),
    ]),
  )
}

/** Options whose place a variable takes: a command that has the option reads the variable. */
const OPTIONS_OF_VARIABLES: Readonly<Record<string, string>> = {
  SEALWRIGHT_PASSPHRASE_FILE: '--passphrase-file',
  SEALWRIGHT_PASSPHRASE: '--passphrase-file',
  SEALWRIGHT_PIN_FILE: '--pin-file',
  SEALWRIGHT_PIN: '--pin-file',
  PKCS11_MODULE_PATH: '--pkcs11-module',
  SEALWRIGHT_USERNAME: '--username',
  NOTATION_USERNAME: '--username',
  NV2_USERNAME: '--password',
  DOCKER_CONFIG: '--username',
  REGISTRY_AUTH_FILE: '--username',
  HTTPS_PROXY: '--username',
  SEALWRIGHT_POLICY: '--policy',
}

/** What the plug-in of Docker reads of its registries, for which it has no options. */
const VARIABLES_OF_PLUGIN = [
  'SEALWRIGHT_USERNAME',
  'NOTATION_USERNAME',
  'DOCKER_CONFIG',
  'REGISTRY_AUTH_FILE',
  'HTTPS_PROXY',
]

function environment(subject: Subject, siblings: readonly Subject[], { configuration }: Guides): string[] {
  const page = nameOf(subject)
  const rows = rowsOf(configuration, '| Variable | Meaning |')
    .map(([cell = '', meaning = '']) => ({
      names: [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
      meaning,
    }))
    .filter(({ names }) =>
      page === 'sealwright'
        ? !names.includes('NV2_USERNAME')
        : names.some(name => reads(subject, siblings, name)),
    )
  const list = terms(rows.map(({ names, meaning }) => [names.map(bold).join(', '), markdownToRoff(meaning)]))
  if (page === 'sealwright') return list
  return [...list, ...(list.length === 0 ? [] : ['.PP']), pointer('variables')]
}

function reads({ words, command, spec }: Subject, siblings: readonly Subject[], variable: string): boolean {
  if (words[0] === 'docker') return VARIABLES_OF_PLUGIN.includes(variable)
  if (variable === 'SEALWRIGHT_KEY') return spec?.project === true
  const commands = words.length === 1 ? siblings.map(each => each.command) : [command]
  const long = OPTIONS_OF_VARIABLES[variable]
  return long !== undefined && commands.some(each => each.options.some(option => option.long === long))
}

function files({ words, spec }: Subject): string[] {
  const project: readonly [string, string] = [
    bold('sealwright.json'),
    escapeRoff('how to sign a project: in the working directory or the nearest one above it'),
  ]
  if (words.join() !== 'sealwright')
    return [...(spec?.project ? [...terms([project]), '.PP'] : []), pointer('files')]
  const paths = pathsOf({}, { env: {}, cwd: '/', home: '~', platform: 'linux' })
  const named: readonly (readonly [path: string | undefined, about: string])[] = [
    [paths.config, "the user's configuration"],
    [paths.systemConfig, "the machine's configuration"],
    [paths.keyLock, "names of keys, locked; stored next to the user's configuration"],
    [`${paths.keys}/`, "key files, and certificates of named keys; stored next to the user's configuration"],
    [`${paths.trust}/`, 'trust stores and policies, which notation shares'],
    [`${paths.crlCache}/`, 'cached CRLs, which notation shares'],
    [`${paths.ocspCache}/`, 'cached OCSP responses'],
    ['~/.docker/config.json', 'logins to registries'],
  ]
  return terms([...named.map(([path = '', about]) => [bold(path), escapeRoff(about)] as const), project])
}

/** Where the files and variables are that every command reads. */
function pointer(what: string): string {
  return `${reference('sealwright')} lists the ${what} of every command.`
}

/** The program and the group, the commands of the same group; a program names the others. */
function seeAlso({ words }: Subject, siblings: readonly Subject[]): string {
  const near = siblings.filter(each => {
    const isAbove = each.words.length < words.length && each.words.every((word, at) => word === words[at])
    const isNext = words.length === 3 && each.words.length === 3 && each.words[1] === words[1]
    return isAbove || (isNext && each.words[2] !== words[2])
  })
  const others = ['sealwright', 'nv2', 'docker-generatemanifest'].filter(name => name !== words.join('-'))
  const pages = near.length === 0 ? others : near.map(nameOf)
  return `${pages.map(reference).join(', ')}, and the guides at https://github.com/sealwright/sealwright`
}

function reference(page: string): string {
  return `${bold(page)}(1)`
}

/** The rows of the table that begins with `header`, as cells of Markdown. */
function rowsOf(markdown: string, header: string): string[][] {
  const lines = markdown.split('\n')
  const at = lines.indexOf(header)
  if (at < 0) throw new Error(`a guide lacks the table ${header}`)
  const below = lines.slice(at + 2)
  const end = below.findIndex(line => !line.startsWith('| '))
  return below.slice(0, end < 0 ? undefined : end).map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
