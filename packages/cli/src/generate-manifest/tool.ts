import { single } from '../program/flag.ts'
import type { Tool } from '../tool/tool.ts'

/** The name by which Docker calls the plug-in. */
export const PLUGIN = 'generatemanifest'
/** How Docker asks what the plug-in is. */
export const METADATA = 'docker-cli-plugin-metadata'

/** The options of `docker generatemanifest`. */
export interface GenerateFlags {
  readonly output?: string
  readonly platform?: string
}

/**
 * The plug-in of Docker's command line.
 *
 * @param docker - Docker's own options, which it passes on before the name of the plug-in.
 */
export function generateManifestTool(docker: readonly string[]): Tool {
  return {
    name: 'docker',
    summary: 'Manifests of images, byte for byte.',
    commands: [
      {
        name: PLUGIN,
        args: '[name]',
        summary: 'print the exact manifest of an image; without a name of the archive on stdin',
        options: () => [
          single('-o, --output <file>', 'write it there instead of to stdout'),
          single('--platform <platform>', 'of an index, the manifest for this platform, e.g. linux/amd64'),
        ],
        examples: [
          'docker generatemanifest registry.example/app:v1 > manifest.json',
          'docker generatemanifest oci:DIR:v1               layout directory',
          'docker generatemanifest oci-archive:app.tar      layout in a tar',
          'docker generatemanifest docker-archive:app.tar   docker save, containerd image store',
          'docker generatemanifest docker-daemon:app:v1     by docker save',
        ],
        load: async () => {
          const { generateManifest } = await import('./generate.ts')
          return (context, args, flags) => generateManifest(context, args, flags, docker)
        },
      },
      {
        name: METADATA,
        summary: 'say what this plug-in is',
        hidden: true,
        load: async () => (await import('./metadata.ts')).metadata,
      },
    ],
  }
}
