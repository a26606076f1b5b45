import { execFileSync } from 'node:child_process'

/**
 * The calls of a program in a line for a shell, as a POSIX shell splits them: the arguments of each. Every other program
 * in the line is a stub, and nothing is read or written.
 */
export function shellCalls(line: string, program = 'sealwright'): string[][] {
  // Redirections are taken out first: the files that they name do not exist.
  const script = `
    command_not_found_handle() { cat > /dev/null; }
    docker() { :; }; ssh() { :; }; openssl() { :; }; npm() { :; }
    ${program}() { printf '%s\\0' "$@" >&3; printf '\\n' >&3; }
    { ${line.replace(/ < [\w./-]+/g, '').replace(/ > [\w./-]+/g, '')}
    } 3>&1 > /dev/null 2> /dev/null < /dev/null`
  const out = execFileSync('bash', ['-c', script], { env: { PATH: '/nowhere:/usr/bin:/bin' } }).toString()
  return out
    .split('\n')
    .slice(0, -1)
    .map(call => call.split('\0').slice(0, -1))
}
