// Loaded before the program under test: kills the process, without notice, before the file-system change number
// SEALWRIGHT_TEST_KILL_AT, as a power cut would.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const CHANGES = [
  'appendFile',
  'chmod',
  'copyFile',
  'cp',
  'link',
  'mkdir',
  'mkdtemp',
  'open',
  'rename',
  'rm',
  'rmdir',
  'symlink',
  'truncate',
  'unlink',
  'writeFile',
]

let left = Number(process.env.SEALWRIGHT_TEST_KILL_AT)

function patch(target: object, name: string, isChange: (args: readonly unknown[]) => boolean): void {
  const functions = target as Record<string, (...args: unknown[]) => unknown>
  const original = functions[name]
  if (original === undefined) return
  functions[name] = function (this: unknown, ...args: unknown[]) {
    if (isChange(args) && --left === 0) process.kill(process.pid, 'SIGKILL')
    return original.apply(this, args)
  }
}

/** Opening a file for reading changes nothing. */
function writes(flags: unknown): boolean {
  return typeof flags === 'string' ? /[wa+]/.test(flags) : typeof flags === 'number' && (flags & 3) !== 0
}

for (const name of CHANGES) {
  const isChange = (args: readonly unknown[]) => name !== 'open' || writes(args[1])
  patch(fs.promises, name, isChange)
  patch(fs, `${name}Sync`, isChange)
}
syncBuiltinESMExports()
