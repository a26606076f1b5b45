import { resolve } from 'node:path'
import { fileContent } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { readFile } from '../targets/read-file.ts'
import type { FileTarget } from '../targets/target.ts'
import { signDetached } from './detached.ts'
import { bindingOf, type SignedOutcome, type SignPlan } from './plan.ts'

/** The bytes of a file, or of stdin; each chunk is good until the next one is asked for. */
export function readTarget(
  { io }: Context,
  { path }: FileTarget,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (path === '-') return io.stdin.read()
  return readFile(resolve(io.cwd, path), signal)
}

/** Signs a file; the signature is a file beside it, or where `--signature` says. */
export async function signFileTarget(
  context: Context,
  target: FileTarget,
  plan: SignPlan,
): Promise<SignedOutcome> {
  if (target.path === '-' && plan.signature === undefined) {
    throw usageError('what comes from stdin has no file to put a signature beside', {
      why: 'a file gets FILE.jws.sig beside it',
      fix: 'say where: --signature FILE, or - for stdout',
    })
  }
  // The time allowed is for services; how long hashing takes is the size of the file.
  const { signal } = context.io
  const file = await fileContent(readTarget(context, target, signal), { algorithm: plan.signer.algorithm.id })
  const content = bindingOf(plan).contentOf(file, plan.metadata)
  const path = plan.signature ?? `${target.path}.${plan.format}.sig`
  return signDetached(context, {
    content,
    resolved: `${target.text}@${content.digest}`,
    path,
    plan,
    signal: await context.deadline(),
  })
}
