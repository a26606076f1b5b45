import { type FlagValues, single } from '../flags/flag.ts'
import { type Program, plainProgram } from '../program/program.ts'
import { defineCommand } from '../session/command.ts'

/** The name by which Docker calls the plug-in. */
const PLUGIN = 'generatemanifest'
/** How Docker asks what the plug-in is. */
const METADATA = 'docker-cli-plugin-metadata'

interface DockerWords {
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

const flags = () => ({
  output: single('-o, --output <file>', 'write it there instead of to stdout'),
  platform: single('--platform <platform>', 'of an index, the manifest for this platform, e.g. linux/amd64'),
})

export type GenerateFlags = FlagValues<ReturnType<typeof flags>>

/**
 * The plug-in of Docker's command line.
 *
 * @param docker - Docker's own options, which it passes on before the name of the plug-in.
 */
export function generateManifest(docker: readonly string[]): Program {
  return plainProgram('docker', 'Manifests of images, byte for byte.', [
    defineCommand({
      name: PLUGIN,
      args: '[name]',
      about: {
        name: 'registry.example/app:v1, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE, docker-daemon:NAME, or - for stdin',
      },
      summary: 'print the exact manifest of an image; without a name of the archive on stdin',
      flags,
      examples: [
        'docker generatemanifest registry.example/app:v1 > manifest.json',
        'docker generatemanifest oci:DIR:v1               layout directory',
        'docker generatemanifest oci-archive:app.tar      layout in a tar',
        'docker generatemanifest docker-archive:app.tar   docker save, containerd image store',
        'docker generatemanifest docker-daemon:app:v1     by docker save',
      ],
      load: async () => {
        const { printManifest } = await import('./generate.ts')
        return (session, [name], given) => printManifest(session, name, given, docker)
      },
    }),
    defineCommand({
      name: METADATA,
      summary: 'say what this plug-in is',
      hidden: true,
      load: async () => (await import('./metadata.ts')).metadata,
    }),
  ])
}
