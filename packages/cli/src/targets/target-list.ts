import { isSealwrightError } from '@sealwright/core'
import { ownFixOf } from '../runtime/fixes.ts'
import { readGiven } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { parseTarget, type Target } from './target.ts'
import { assertOneReader } from './usable.ts'

const MAX_LIST_BYTES = 64 * 1024 * 1024

/** What a command takes that works on many targets. */
export interface TargetsFlags {
  /** A list, one target a line; `-` is stdin. */
  readonly targets?: string | undefined
  readonly passwordStdin?: true | undefined
}

/**
 * The targets of a call: its arguments, then those of the list. One that is named twice is worked on once.
 *
 * A list has one target a line, in UTF-8. White space around it is not part of it; empty lines, and lines that begin with
 * `#`, are passed over. What is relative in it is relative to the working directory, as in the arguments.
 *
 * @param command - For the fix of what is wrong.
 * @throws {@link SealwrightError} `VALIDATION`, with the line; also if no target is named at all, which must not pass as success.
 */
export async function readTargets(
  session: Session,
  args: readonly string[],
  { targets: list, passwordStdin }: TargetsFlags,
  command: string,
): Promise<readonly Target[]> {
  const { cwd } = session.io
  const targets = new Map(args.map(text => [text, parseTarget(text, cwd, command)]))
  if (list === undefined) {
    if (targets.size > 0) return [...targets.values()]
    throw usageError(`sealwright ${command} needs a target`, {
      why: 'neither an argument nor --targets names one',
      fix: `sealwright ${command} registry.example/app@sha256:…`,
    })
  }
  const label = list === '-' ? 'stdin' : list
  // A password must not be read as a list, whose bad lines are shown.
  if (list === '-' && passwordStdin) assertOneReader(['--targets -', '--password-stdin'])
  for (const { text, line } of linesOf(await readGiven(session.io, list, MAX_LIST_BYTES), label)) {
    if (!targets.has(text)) targets.set(text, parseLine(text, `${label}:${line}`, cwd, command))
  }
  if (targets.size > 0) return [...targets.values()]
  throw usageError(`${label} names no target`, {
    why: 'it has only empty lines and comments',
    fix: 'write one target a line, as it would be given to the command',
  })
}

function linesOf(bytes: Uint8Array, label: string): readonly { text: string; line: number }[] {
  let list: string
  try {
    list = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw usageError(`${label} is not a list of targets`, {
      why: 'it is not text in UTF-8',
      fix: 'write one target on each line, in UTF-8',
      cause,
    })
  }
  return list
    .split('\n')
    .map((text, index) => ({ text: text.trim(), line: index + 1 }))
    .filter(({ text }) => text !== '' && !text.startsWith('#'))
}

/** What is wrong with one line, with where it stands. */
function parseLine(text: string, at: string, cwd: string, command: string): Target {
  try {
    return parseTarget(text, cwd, command)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`${at}: ${error.message}`, { why: error.why, fix: ownFixOf(error), cause: error })
  }
}
