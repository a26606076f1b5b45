import { resolve } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import { readIfPresent } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from './session.ts'

/**
 * Writes a file for the user. What is there already is kept when `isSame` says that it would do, and replaced only when
 * the user agrees.
 *
 * @param options.replaceLink - For a name that the user did not give: a link of that name may be a trap of whoever made
 *   the directory, and is replaced itself.
 * @returns Whether it was written.
 */
export async function writeNamedFile(
  { io, dialogue }: Session,
  file: string,
  content: string,
  {
    isSame,
    replaceLink = false,
  }: { readonly isSame: (existing: Uint8Array) => boolean; readonly replaceLink?: boolean | undefined },
): Promise<boolean> {
  const path = resolve(io.cwd, file)
  const existing = await readIfPresent(path)
  if (existing !== undefined) {
    if (isSame(existing)) return false
    const agreed = await dialogue.confirm({
      prompt: `${file} exists and holds something else; replace it?`,
      missing: `${file} exists and holds something else, and no terminal is available to ask on`,
      fix: 'write elsewhere with --out, or replace it with -y',
    })
    if (!agreed)
      throw usageError(`${file} was kept`, {
        why: 'the question was not answered with yes',
        fix: 'write elsewhere with --out',
      })
  }
  await writeFileAtomic(path, content, { mode: 0o644, replaceLink })
  return true
}
