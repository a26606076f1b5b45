import { join } from 'node:path'
import { type Ended, runTool } from './process.ts'
import { root } from './workspace.ts'

/** The examples that need a key store; the others need nothing. */
export const STORE_EXAMPLES = [
  'any-store',
  'aws-kms',
  'azure-key-vault',
  'ci-sign',
  'gcp-kms',
  'hashicorp-vault',
  'pkcs11',
] as const

export interface ExampleOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Another Node, with the packages as they are built; by default that of the workspace, with their sources. */
  readonly node?: string | undefined
}

/** The words that run an example, the program first. */
export function exampleCommand(name: string, args: readonly string[], node?: string): readonly string[] {
  const file = join(root, 'examples', `${name}.ts`)
  return node === undefined
    ? [process.execPath, '--conditions=@sealwright/source', file, ...args]
    : [node, file, ...args]
}

/** Runs an example as a user would, in a folder with what it needs. */
export function runExample(
  name: string,
  args: readonly string[],
  { node, ...options }: ExampleOptions,
): Promise<Ended> {
  const [command, ...words] = exampleCommand(name, args, node)
  return runTool(command!, words, options)
}
