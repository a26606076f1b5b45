import { execFileSync } from 'node:child_process'

/**
 * The calls of a program in a line for a shell, as a POSIX shell splits them: the arguments of each. Every other program
 * in the line is a stub, and nothing is read or written. `env`: the variables that the line uses.
 */
export function shellCalls(
  line: string,
  program = 'sealwright',
  env: Readonly<Record<string, string>> = {},
): string[][] {
  // Both sides of a pipe write at once: one write for each call.
  // Redirections are taken out first: the files that they name do not exist.
  const script = `
    command_not_found_handle() { while read -r; do :; done; }
    ${program}() { local call; printf -v call '%s\\x1f' "$@"; printf '%s\\n' "$call" >&3; }
    { ${line.replace(/ [<>] [~\w./-]+/g, '')}
    } 3>&1 > /dev/null 2> /dev/null < /dev/null`
  const options = { env: { ...env, PATH: '/nowhere' } }
  const out = execFileSync('/bin/bash', ['--norc', '-c', script], options).toString()
  return out
    .split('\n')
    .slice(0, -1)
    .map(call => call.split('\x1f').slice(0, -1))
}
