import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** The subset of vitest's test context that is needed to skip with a reason. */
export interface Skips {
  skip(reason: string): never
}

/** A program that tests need, or why there is none. */
export type Tool = { readonly path: string } | { readonly missing: string }

/** The path of a tool, or the test that asks ends as skipped with the reason. */
export function need(context: Skips, tool: Tool): string {
  return 'path' in tool ? tool.path : context.skip(tool.missing)
}

/** A program on PATH. */
export async function onPath(name: string): Promise<Tool> {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, name)
    if (
      directory &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return { path }
  }
  return { missing: `${name} is not on PATH` }
}
