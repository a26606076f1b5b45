import { debianFile } from './debian.ts'
import { onPath, type Tool } from './tool.ts'

export function bashShell(): Promise<Tool> {
  return onPath('bash')
}

/** Debian's or the system's: a zsh needs its modules and functions where it was compiled for. */
export function zshShell(): Promise<Tool> {
  return debianFile({ packages: ['zsh'], paths: shellPaths('zsh') })
}

export function fishShell(): Promise<Tool> {
  return debianFile({ packages: ['fish'], paths: shellPaths('fish') })
}

/** No registry that this project may use has it: it is taken where it is installed. */
export async function powerShell(): Promise<Tool> {
  const found = await onPath('pwsh')
  return 'path' in found ? found : { missing: 'pwsh (PowerShell) is not installed' }
}

function shellPaths(name: string): string[] {
  return ['/usr/bin', '/bin', '/opt/homebrew/bin', '/usr/local/bin'].map(folder => `${folder}/${name}`)
}
