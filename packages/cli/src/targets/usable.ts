import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { registryFlags } from '../program/registry-flags.ts'
import type { Target } from './target.ts'

/** Refuses targets that `--offline` forbids, registry flags without a registry, and two readers of stdin. */
export function assertUsable({ flags, io }: Context, targets: readonly Target[], given: RegistryFlags): void {
  const remote = targets.find(({ kind }) => kind === 'registry')
  if (flags.offline && remote !== undefined) {
    throw usageError(`--offline forbids to contact the registry of ${remote.text}`, {
      why: 'with --offline targets are layouts, archives or files',
      fix: 'leave --offline out, or name a local copy: oci:DIR',
    })
  }
  const [flag] = Object.keys(registryFlags(given))
  if (flag !== undefined && remote === undefined) {
    const name = `--${flag.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    throw usageError(`${name} has nothing to say here`, {
      why: 'no target is in a registry',
      fix: 'leave it out',
    })
  }
  const fromStdin = targets.filter(target => target.kind !== 'registry' && target.path === '-').length
  if (fromStdin + (given.passwordStdin ? 1 : 0) > 1) {
    throw usageError('stdin cannot be read twice', {
      why: 'more than one of the arguments stands for it',
      fix: 'give a file instead of -',
    })
  }
  const hosts = new Set(targets.flatMap(target => (target.kind === 'registry' ? [target.host] : [])))
  const stray = given.plainHttp?.find(host => !hosts.has(host))
  if (stray !== undefined) {
    throw usageError(`--plain-http ${stray} has nothing to say here`, {
      why: `the targets are at ${[...hosts].join(', ')}`,
      fix: 'name the host as the target does, with its port, or leave it out',
    })
  }
  if (hosts.size > 1 && (given.username ?? io.env.SEALWRIGHT_USERNAME ?? io.env.NOTATION_USERNAME)) {
    throw usageError('one login cannot be for several registries', {
      why: `the targets are at ${[...hosts].join(', ')}, and a password goes to one host only`,
      fix: 'give them one at a time, or log in with docker',
    })
  }
  if (
    given.passwordStdin &&
    given.username === undefined &&
    !io.env.SEALWRIGHT_USERNAME &&
    !io.env.NOTATION_USERNAME
  ) {
    throw usageError('--password-stdin needs --username', {
      why: 'a password belongs to a user',
      fix: 'add --username NAME',
    })
  }
}
