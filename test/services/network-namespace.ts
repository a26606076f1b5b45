import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type RunOptions, type RunResult, run } from './run.ts'
import { need, onPath, type Skips } from './tool.ts'

/** A network of its own, with nothing but a loopback: what runs in it reaches nobody outside, and is reached by nobody. */
export interface NetworkNamespace extends AsyncDisposable {
  /** The command that runs a program inside. */
  inside(command: string, args: readonly string[]): readonly [string, readonly string[]]
  /** Runs a program inside, to its end. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>
}

/** Makes one that lasts until it is disposed of; the test is skipped where the kernel or its owner does not allow it. */
export async function networkNamespace(context: Skips): Promise<NetworkNamespace> {
  const unshare = need(context, await onPath('unshare'))
  const nsenter = need(context, await onPath('nsenter'))
  const ip = need(context, await onPath('ip'))
  const allowed = await run(unshare, ['--map-root-user', '--net', ip, 'link', 'set', 'lo', 'up'])
  if (allowed.code !== 0) context.skip(`no network namespace may be made here: ${allowed.stderr.trim()}`)
  const script = '"$0" link set lo up && echo up && exec sleep infinity'
  const args = ['--map-root-user', '--net', 'sh', '-c', script, ip]
  const keeper = spawn(unshare, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const killOnExit = () => keeper.kill('SIGKILL')
  process.once('exit', killOnExit)
  await once(keeper.stdout, 'data')
  const inside: NetworkNamespace['inside'] = (command, words) => [
    nsenter,
    ['--target', String(keeper.pid), '--user', '--net', '--preserve-credentials', command, ...words],
  ]
  return {
    inside,
    run: (command, words, options) => run(...inside(command, words), options),
    async [Symbol.asyncDispose]() {
      process.off('exit', killOnExit)
      const gone = once(keeper, 'exit')
      keeper.kill('SIGKILL')
      await gone
    },
  }
}
