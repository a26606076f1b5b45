import { type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { shellQuote } from '@sealwright/core/encoding'
import { canonicalRegistry } from '@sealwright/oci'
import { parseSignaturesIn } from '../config/signatures-in.ts'
import { pickRegistryFlags, type RegistryFlags } from '../flags/common-flags.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import type { FileTarget, Target } from './target.ts'

interface Surroundings {
  /** What else reads stdin, as it was given. */
  readonly readers?: readonly string[]
  /** Hosts are asked besides registries, those of timestamps or revocation: `--ca-file` is for them too. */
  readonly asksAuthorities?: boolean
}

/** Refuses targets that `--offline` forbids, registry flags without a registry, and two readers of stdin. */
export function assertUsable(
  { flags, io }: Session,
  targets: readonly Target[],
  given: RegistryFlags,
  { readers = [], asksAuthorities = false }: Surroundings = {},
): void {
  const place = given.signaturesIn === undefined ? undefined : parseSignaturesIn(given.signaturesIn)
  const remote = [...targets, ...(place === undefined ? [] : [place])].find(({ kind }) => kind === 'registry')
  if (flags.offline && remote !== undefined) {
    throw usageError(`--offline forbids to contact the registry of ${remote.text}`, {
      why: 'with --offline targets and their signatures are in layouts, archives or files',
      fix: 'leave --offline out, or name a local copy: oci:DIR',
    })
  }
  const { caFile: _, ...registry } = given
  const isAsked = asksAuthorities && !flags.offline
  assertFlagsMean(targets, remote !== undefined, isAsked ? registry : given)
  for (const target of targets) if (target.kind === 'file') assertReadable(target, io.cwd)
  const fromStdin = targets.filter(target => target.kind !== 'registry' && target.path === '-')
  assertOneReader([
    ...readers,
    ...(given.passwordStdin ? ['--password-stdin'] : []),
    ...fromStdin.map(({ text }) => text),
  ])
  const hosts = new Set(
    [...targets, ...(place === undefined ? [] : [place])].flatMap(each =>
      each.kind === 'registry' ? [each.host] : [],
    ),
  )
  const stray = given.plainHttp?.find(host => !hosts.has(canonicalRegistry(host)))
  if (stray !== undefined) {
    throw usageError(`--plain-http ${stray} has no effect: no target is on that host`, {
      why: `the targets are at ${[...hosts].join(', ')}`,
      fix: 'name the host as the target does, with its port, or leave it out',
    })
  }
  if (hosts.size > 1 && (given.username ?? io.env.SEALWRIGHT_USERNAME ?? io.env.NOTATION_USERNAME)) {
    throw usageError('one login cannot be for several registries', {
      why: `the targets are at ${[...hosts].join(', ')}, and a password is sent to one host only`,
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

/** Refuses a directory, and a device, in place of a file. What else is wrong shows when it is read. */
function assertReadable({ text, path }: FileTarget, cwd: string): void {
  if (path === '-') return
  const found = statOf(resolve(cwd, path))
  if (found?.isDirectory()) {
    const isLayout = statOf(resolve(cwd, path, 'oci-layout')) !== undefined
    throw usageError(`${text} is a directory`, {
      why: isLayout
        ? 'it holds an image layout, which oci: names'
        : 'a file, an image layout or an image in a registry is needed',
      fix: isLayout ? `write oci:${shellQuote(path)}` : 'name a file in it, or a tar of it',
    })
  }
  if (found?.isCharacterDevice()) {
    throw usageError(`${text} is a device`, {
      why: 'a device has no end',
      fix: 'name a file, or - for stdin',
    })
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

/** Refuses a second one that reads stdin. Asked before the first one reads, so that none gets what is meant for another. */
export function assertOneReader(readers: readonly string[]): void {
  if (readers.length < 2) return
  throw usageError('stdin cannot be read twice', {
    why: `${readers.join(' and ')} stand for it`,
    fix: 'give a file instead of -',
  })
}

/** Refuses flags about registries, and about signatures, where there are none. */
function assertFlagsMean(targets: readonly Target[], isRemote: boolean, given: RegistryFlags): void {
  // Several files, too, are signed at the same time.
  const { signaturesIn, concurrency: _, ...others } = pickRegistryFlags(given)
  if (signaturesIn !== undefined && targets.every(({ kind }) => kind === 'file')) {
    throw usageError('--signatures-in has no effect: every target is a file', {
      why: 'the signature of a file is a file',
      fix: 'leave it out; --signature names another file',
    })
  }
  const [flag] = Object.keys(others)
  if (flag === undefined || isRemote) return
  throw usageError(
    `--${flag.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)} has no effect: no target is in a registry`,
    {
      why: 'no target is in a registry',
      fix: 'leave it out',
    },
  )
}
