import { METADATA, PLUGIN } from './tool.ts'

export interface DockerWords {
  /** Docker's own options: `--context`, `--config` and others. */
  readonly docker: readonly string[]
  /** From the name of the plug-in on. */
  readonly words: readonly string[]
}

/**
 * Takes apart what Docker calls a plug-in with: all the arguments that it was called with itself. A call without the name
 * of the plug-in is one by a person who left it out.
 */
export function dockerWords(argv: readonly string[]): DockerWords {
  const at = argv.findIndex(word => word === PLUGIN || word === METADATA)
  if (at < 0) return { docker: [], words: [PLUGIN, ...argv] }
  // `docker help generatemanifest`
  if (argv.slice(0, at).includes('help')) return { docker: [], words: [PLUGIN, '--help'] }
  return { docker: argv.slice(0, at), words: argv.slice(at) }
}

/** The directory of `--config`, where Docker keeps its logins; `undefined` where that is the usual one. */
export function configOf(docker: readonly string[]): string | undefined {
  const at = docker.indexOf('--config')
  if (at >= 0) return docker[at + 1]
  return docker.find(word => word.startsWith('--config='))?.slice('--config='.length)
}
