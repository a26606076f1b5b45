import { sealwright } from '../../packages/cli/src/program/commands.ts'
import { parse } from '../../packages/cli/src/program/parse.ts'
import { shellCalls } from '../shell-calls.ts'

/** What a shell hands to `sealwright` for the commands of a document or a pipeline. */
export function sealwrightCalls(script: string): string[][] {
  return shellCalls(script, 'sealwright', {
    DIGEST: `sha256:${'0'.repeat(64)}`,
    IMAGE: 'registry.example/app',
    CI_REGISTRY: 'registry.example',
    CI_REGISTRY_USER: 'ci',
  })
}

/** Why our own parser refuses a call, or `undefined` if it takes it. */
export async function refusal(args: readonly string[]): Promise<string | undefined> {
  const { load } = parse(sealwright, args, { env: {}, stdout: { columns: 80 } as never })
  return load().then(
    () => undefined,
    error => `sealwright ${args.join(' ')}: ${error.message}`,
  )
}
