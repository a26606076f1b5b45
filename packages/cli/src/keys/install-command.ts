/** The command that installs a package next to this program: as the program itself was installed. */
export function installCommand(name: string, program: string = import.meta.url): string {
  if (program.includes('/_npx/')) return `npx -p sealwright -p ${name} sealwright …`
  return `npm install ${program.includes('/lib/node_modules/') ? '--global ' : ''}${name}`
}
