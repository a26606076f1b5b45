import { basename, dirname } from 'node:path'
import { type ArtifactTarget, parseTarget } from './target.ts'

/**
 * Reads a repository that is named alone, without tag and digest.
 *
 * @param command - The command it was given to, for the fix.
 * @returns Nothing for what is spelled as something else.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseRepository(text: string, cwd: string, command: string): ArtifactTarget | undefined {
  const scheme = /^(?:-$|oci:|oci-archive:|file:|\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/.test(text)
  if (scheme || dirname(text) === '.' || /[:@]/.test(basename(text))) return undefined
  // Any tag will do to have the rest of it read.
  const target = parseTarget(`${text}:latest`, cwd, command) as ArtifactTarget
  const { tag: _, ...rest } = target
  return { ...rest, text } as ArtifactTarget
}
