import { fileURLToPath } from 'node:url'
import { shellQuote } from '@sealwright/core/encoding'

/** The command that installs a package next to this program: as the program itself was installed. */
export function installCommand(name: string, program: string = import.meta.url): string {
  if (program.includes('/_npx/')) return `npx -p sealwright -p ${name} sealwright …`
  const end = program.indexOf('/lib/node_modules/')
  if (end < 0) return `npm install ${name}`
  return `npm install --global --prefix ${shellQuote(fileURLToPath(program.slice(0, end)))} ${name}`
}
