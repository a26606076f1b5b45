import type { Argument, Command, Option } from 'commander'
import { type Flag, placeholderOf } from '../flags/flag.ts'
import type { Io } from '../runtime/io.ts'
import { printable } from '../runtime/text.ts'
import type { Run } from '../session/command.ts'
import { buildProgram } from './build.ts'
import { type Candidate, candidatesFor, type Files } from './candidates.ts'
import type { Program } from './program.ts'

/** What the shell does with the answer: bits of cobra's `ShellCompDirective`. */
const DIRECTIVE = { noSpace: 2, noFiles: 4, directories: 16 } as const

const MOST_CANDIDATES = 500
const LONGEST_CANDIDATE = 256
const LONGEST_DESCRIPTION = 120

/**
 * The command `__complete WORD… CURRENT`, which the scripts of `completion` call: what the word at the cursor can become.
 * It answers in the protocol of cobra, so that Docker can ask its plug-in: a line for each candidate, `VALUE<TAB>DESCRIPTION`,
 * and `:DIRECTIVE` last. It reads files of the configuration and does nothing else; what cannot be read has no candidates.
 */
export function completing(program: Program): Run {
  return async ({ io }, words) => ({
    exitCode: 0,
    document: {},
    lines: complete(program, words, io),
  })
}

function complete(program: Program, words: readonly string[], io: Io): string[] {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const root = buildProgram(program, before, () => {})
  const call = walk(root, before)
  const { prefix, candidates, files } = offered(root, call, current, io)
  const matching = new Map<string, string>()
  for (const { value, about = '' } of candidates) {
    const word = prefix + value
    if (matching.size < MOST_CANDIDATES && word.startsWith(current) && isPlain(word) && !matching.has(word))
      matching.set(word, printable(about).slice(0, LONGEST_DESCRIPTION))
  }
  const isUnfinished = matching.size > 0 && [...matching.keys()].every(word => /[:/=]$/.test(word))
  const directive =
    (isUnfinished ? DIRECTIVE.noSpace : 0) |
    { files: 0, directories: DIRECTIVE.directories, none: DIRECTIVE.noFiles }[files]
  return [
    ...[...matching].map(([word, about]) => (about === '' ? word : `${word}\t${about}`)),
    `:${directive}`,
  ]
}

/** Whether a word can be shown by a terminal, and is one line. */
function isPlain(word: string): boolean {
  return word.length <= LONGEST_CANDIDATE && printable(word) === word
}

/** Where the words before the current one lead. */
interface Call {
  readonly command: Command
  readonly operands: readonly string[]
  /** The options of the command that were given. */
  readonly given: ReadonlySet<Option>
  /** The option whose value the current word is. */
  readonly open: Option | undefined
  /** After `--` everything is an operand. */
  readonly isEnded: boolean
  /** What `--config` and `--trust` say, at any level. */
  readonly places: { readonly config?: string | undefined; readonly trust?: string | undefined }
}

/** Reads words as the parser does, and takes no offence at any. */
function walk(root: Command, words: readonly string[]): Call {
  let command = root
  let operands: string[] = []
  let given = new Set<Option>()
  let open: Option | undefined
  let isEnded = false
  const places: { config?: string; trust?: string } = {}
  const take = (option: Option, value: string) => {
    if (option.long === '--config') places.config = value
    if (option.long === '--trust') places.trust = value
  }
  for (const word of words) {
    if (open !== undefined) {
      take(open, word)
      open = undefined
    } else if (isEnded || !/^-./.test(word)) {
      const child: Command | undefined =
        operands.length === 0 ? command.commands.find(one => one.name() === word) : undefined
      if (child === undefined) operands.push(word)
      else [command, operands, given] = [child, [], new Set()]
    } else if (word === '--') isEnded = true
    else {
      for (const { option, value } of optionsIn(command, word)) {
        given.add(option)
        if (value !== undefined) take(option, value)
        else if (option.required) open = option
      }
    }
  }
  return { command, operands, given, open, isEnded, places }
}

/** The options of one word: `--format=jws`, `-kNAME`, `-qv`. Those that are unknown are passed over. */
function optionsIn(command: Command, word: string): { option: Option; value?: string | undefined }[] {
  if (word.startsWith('--')) {
    const [name, ...rest] = word.split('=')
    const option = command.options.find(({ long }) => long === name)
    return option === undefined ? [] : [{ option, value: rest.length === 0 ? undefined : rest.join('=') }]
  }
  const option = command.options.find(({ short }) => short === word.slice(0, 2))
  if (option === undefined) return []
  const rest = word.slice(2)
  if (rest === '') return [{ option }]
  return option.required ? [{ option, value: rest }] : [{ option }, ...optionsIn(command, `-${rest}`)]
}

interface Offer {
  /** What stands before each candidate: the name of an option whose value follows `=`. */
  readonly prefix: string
  readonly candidates: readonly Candidate[]
  readonly files: Files
}

function offered(root: Command, call: Call, current: string, io: Io): Offer {
  const { command, operands, open, isEnded } = call
  const position = { io, places: call.places, operands }
  if (open !== undefined) return { prefix: '', ...valuesOf(open, { ...position, current }) }
  if (current.startsWith('-') && !isEnded) {
    const [name = '', ...rest] = current.split('=')
    if (rest.length === 0) return { prefix: '', candidates: optionsOf(call), files: 'none' }
    const option = command.options.find(({ long, required }) => long === name && required)
    if (option === undefined) return NOTHING
    return {
      prefix: `${name}=`,
      ...valuesOf(option, { ...position, current: rest.join('=') }),
    }
  }
  if (command.commands.length > 0)
    return operands.length > 0 ? NOTHING : { prefix: '', candidates: commandsOf(command), files: 'none' }
  const { registeredArguments } = command
  const argument: Argument | undefined =
    registeredArguments[operands.length] ?? registeredArguments.filter(({ variadic }) => variadic).at(-1)
  if (argument === undefined) return NOTHING
  if (argument.name() === 'command') {
    const { command: at, operands: unknown } = walk(root, operands)
    return unknown.length > 0 ? NOTHING : { prefix: '', candidates: commandsOf(at), files: 'none' }
  }
  return { prefix: '', ...candidatesFor(argument.name(), { ...position, current }) }
}

const NOTHING: Offer = { prefix: '', candidates: [], files: 'none' }

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(child => ({ value: child.name(), about: child.description() }))
}

/** The options of a command but those that were given and may not be given again. */
function optionsOf({ command, given }: Call): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter(option => !given.has(option) || (option as Flag<unknown>).isRepeatable)
    .flatMap(({ short, long, description }) =>
      [long, short].filter(name => name !== undefined).map(value => ({ value, about: description })),
    )
}

function valuesOf(
  option: Flag<unknown>,
  position: Parameters<typeof candidatesFor>[1],
): Omit<Offer, 'prefix'> {
  if (option.values !== undefined)
    return { candidates: option.values.map(value => ({ value })), files: 'none' }
  return candidatesFor(placeholderOf(option.flags) ?? '', position)
}
