import { attachCommand } from '../commands/attach/spec.ts'
import { attestCommand } from '../commands/attest/spec.ts'
import { certCommands } from '../commands/cert/spec.ts'
import { completionCommand } from '../commands/completion/spec.ts'
import { copyCommand } from '../commands/copy/spec.ts'
import { deleteCommand } from '../commands/delete/spec.ts'
import { doctorCommand } from '../commands/doctor/spec.ts'
import { initCommand } from '../commands/init/spec.ts'
import { inspectCommand } from '../commands/inspect/spec.ts'
import { keyCommands } from '../commands/key/spec.ts'
import { listCommand } from '../commands/list/spec.ts'
import { loginCommand, logoutCommand } from '../commands/login/spec.ts'
import { policyCommands } from '../commands/policy/spec.ts'
import { signCommand } from '../commands/sign/spec.ts'
import { stapleCommand } from '../commands/staple/spec.ts'
import { verifyCommand } from '../commands/verify/spec.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { VERSION } from '../runtime/version.ts'
import { type CommandGroup, type CommandSpec, defineCommand } from '../session/command.ts'
import type { Session } from '../session/session.ts'
import type { Program } from './program.ts'

const version = defineCommand({
  name: 'version',
  summary: 'print the version',
  examples: ['sealwright version', 'sealwright version -o json'],
  load: async () => printVersion,
})

const help = defineCommand({
  name: 'help',
  args: '[command...]',
  summary: 'show the help of a command',
  examples: ['sealwright help sign', 'sealwright help key add'],
  load: async () => (await import('./help-command.ts')).help,
})

/** Every command, in the order of the help. */
export const commands: readonly (CommandSpec | CommandGroup)[] = [
  initCommand,
  signCommand,
  attestCommand,
  attachCommand,
  stapleCommand,
  verifyCommand,
  inspectCommand,
  listCommand,
  copyCommand,
  deleteCommand,
  keyCommands,
  certCommands,
  policyCommands,
  doctorCommand,
  loginCommand,
  logoutCommand,
  completionCommand,
  version,
  help,
]

/** The program `sealwright`. */
export const sealwright: Program = {
  name: 'sealwright',
  summary: 'Sign container images, OCI artifacts and files with keys that never leave their stores.',
  commands,
  version: { flags: '-V, --version', description: 'print the version', run: printVersion },
}

/** `sealwright version` */
async function printVersion(_session: Session): Promise<Outcome> {
  const document = { version: VERSION, node: process.versions.node, openssl: process.versions.openssl }
  return {
    exitCode: 0,
    document,
    lines: [`sealwright ${document.version}`, `node ${document.node}`, `openssl ${document.openssl}`],
  }
}
