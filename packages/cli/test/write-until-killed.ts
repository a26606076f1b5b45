// Writes a file as the program does, and kills itself before the change number KILL_AT to the file system.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

let left = Number(process.env.KILL_AT)
const functions = fs.promises as unknown as Record<string, (...args: unknown[]) => unknown>
for (const name of ['mkdir', 'open', 'rename', 'unlink']) {
  const original = functions[name] as (...args: unknown[]) => unknown
  functions[name] = (...args) => {
    if (--left === 0) process.kill(process.pid, 'SIGKILL')
    return original(...args)
  }
}
syncBuiltinESMExports()
const { writeFileAtomic } = await import('@sealwright/core/files')
await writeFileAtomic(process.env.FILE as string, 'new')
