import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { systemFailure } from '@sealwright/core/files'
import type { Context } from '../frame/context.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import type { Target } from '../targets/target.ts'
import { failed, type Signed } from './attempt.ts'

/**
 * Looks for what is to be signed on this machine, before anybody is asked for a passphrase.
 *
 * @returns The failures, if nothing at all is there to be signed; else none, and each target fails or not in its turn.
 */
export async function missingTargets(
  context: Context,
  targets: readonly Target[],
  registry: RegistryFlags,
): Promise<readonly Signed[]> {
  const missing: Signed[] = []
  for (const target of targets) {
    try {
      await look(context, target, registry)
      return []
    } catch (thrown) {
      missing.push(failed(context, target.text, thrown))
    }
  }
  return missing
}

async function look(context: Context, target: Target, registry: RegistryFlags): Promise<void> {
  if (target.kind === 'registry' || target.path === '-') return
  if (target.kind === 'file') {
    await stat(resolve(context.io.cwd, target.path)).catch(error => {
      throw systemFailure(error, 'read', target.path)
    })
    return
  }
  await using open = await openTarget(context, target, registry, { create: true })
  await open.resolve(await context.deadline())
}
