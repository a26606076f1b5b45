import { resolve } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import { spool } from '@sealwright/oci'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { openTarget } from '../targets/open-target.ts'
import { manifestOfArchive } from './archive.ts'
import { saved } from './docker-save.ts'
import { configOf } from './docker-words.ts'
import { exactManifest, type ManifestRequest } from './exact-manifest.ts'
import { parseSource, type Source } from './source.ts'
import type { GenerateFlags } from './tool.ts'

/** `docker generatemanifest [-o FILE] [--platform P] NAME` */
export async function generateManifest(
  context: Context,
  [name]: readonly string[],
  flags: Flags,
  docker: readonly string[],
): Promise<Outcome> {
  const { output, platform } = flags as GenerateFlags
  if (name === undefined && context.io.stdin.isTerminal) {
    throw usageError('no image is named', {
      why: 'stdin, where an archive would come from, is a terminal',
      fix: 'docker generatemanifest NAME, or docker save NAME | docker generatemanifest',
    })
  }
  const source = parseSource(name ?? '-', context.io.cwd)
  const request = { signal: context.io.signal, ...(platform === undefined ? {} : { platform }) }
  const manifest = await read(withConfig(context, docker), source, request, docker)
  if (output === undefined) return { exitCode: EXIT.done, document: {}, lines: [], raw: manifest }
  await writeFileAtomic(resolve(context.io.cwd, output), manifest, { mode: 0o644 })
  return { exitCode: EXIT.done, document: {}, lines: [] }
}

async function read(
  context: Context,
  source: Source,
  request: ManifestRequest,
  docker: readonly string[],
): Promise<Uint8Array> {
  const { io, dialogue } = context
  if (source.kind === 'artifact') {
    const signal = await context.deadline()
    await using target = await openTarget(context, source.target, {})
    return await exactManifest(target.store, await target.resolve(signal), { ...request, signal })
  }
  if (source.kind === 'docker-daemon') {
    await using archive = await dialogue.waiting(`docker save ${source.name}`, () =>
      spool(saved(docker, source.name, io), { signal: io.signal }),
    )
    return await manifestOfArchive(archive.path, `the archive of ${source.name}`, request)
  }
  if (source.path === '-') {
    await using archive = await spool(io.stdin.read(), { signal: io.signal })
    return await manifestOfArchive(archive.path, 'the archive on stdin', request)
  }
  return manifestOfArchive(resolve(io.cwd, source.path), source.path, request)
}

/** `docker --config DIR` says where Docker's logins are. */
function withConfig(context: Context, docker: readonly string[]): Context {
  const config = configOf(docker)
  if (config === undefined) return context
  const env = { ...context.io.env, DOCKER_CONFIG: resolve(context.io.cwd, config) }
  return { ...context, io: { ...context.io, env } }
}
