import type { Settings } from '../config/settings.ts'
import type { Context } from '../frame/context.ts'

type ProjectSetting = NonNullable<Settings['project']>['decides'][number]

/**
 * Names the file of the working directory that decides something here, and what.
 *
 * @param undecided - What no flag decides.
 */
export function noteProject(
  context: Pick<Context, 'note'>,
  { project, key, format, expiryMs, metadata }: Settings,
  undecided: readonly ProjectSetting[],
): void {
  if (project === undefined) return
  const pairs = Object.entries(metadata).map(([name, value]) => `${name}=${value}`)
  const texts: Readonly<Record<ProjectSetting, string>> = {
    key: `key ${key}`,
    format: `format ${format}`,
    expiry: `expiry ${expiryMs === undefined ? 'none' : `${expiryMs / 1000}s`}`,
    metadata: `metadata ${pairs.join(', ')}`,
  }
  const decided = project.decides.filter(name => undecided.includes(name)).map(name => texts[name])
  if (decided.length > 0) context.note(`${project.path} decides: ${decided.join('; ')}`)
}
