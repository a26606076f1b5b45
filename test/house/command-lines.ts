import { parseArguments } from '../../packages/cli/src/program/parse.ts'
import { run } from '../services/run.ts'

/**
 * What a shell would hand to `sealwright` for the commands of a script: nothing else runs, variables of the environment are
 * words, and nothing is read from files.
 */
export async function sealwrightCalls(script: string): Promise<string[][]> {
  const shell = [
    // Every other program is unknown, and does nothing.
    'PATH=/nonexistent',
    'command_not_found_handle() { :; }',
    String.raw`sealwright() { for each in "$@"; do printf '%s\0' "$each"; done >&3; printf '\036' >&3; }`,
    'exec 3>&1 >/dev/null 2>&1',
    script.replaceAll(/ < \S+$/gm, '').replaceAll(/ > \S+/g, ''),
  ].join('\n')
  const { stdout } = await run('/bin/bash', ['-c', shell], {
    env: {
      DIGEST: `sha256:${'0'.repeat(64)}`,
      IMAGE: 'registry.example/app',
      CI_REGISTRY: 'registry.example',
      CI_REGISTRY_USER: 'ci',
    },
  })
  return stdout
    .split('\u001e')
    .slice(0, -1)
    .map(call => call.split('\0').slice(0, -1))
}

/** Why our own parser refuses a call, or `undefined` if it takes it. */
export async function refusal(args: readonly string[]): Promise<string | undefined> {
  const { load } = parseArguments(args, { env: {}, stdout: { columns: 80 } as never })
  return load().then(
    () => undefined,
    error => `sealwright ${args.join(' ')}: ${error.message}`,
  )
}
