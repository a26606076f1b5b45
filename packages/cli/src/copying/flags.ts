import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'
import { type Destination, isStdout } from './destination.ts'

/** The flags of `copy`. */
export interface CopyFlags extends RegistryFlags {
  readonly only?: readonly string[]
  readonly platform?: string
  readonly verify?: true
  readonly scope?: string
  readonly dryRun?: true
}

const KINDS = ['signature', 'attestation', 'sbom']

function assertStdout({ flags, io }: Context, { dryRun }: CopyFlags): void {
  if (flags.output === 'json') {
    throw usageError('-o json and oci-archive:- cannot be used together', {
      why: 'the document and the archive would both be written to stdout',
      fix: 'write the archive to a file: oci-archive:FILE',
    })
  }
  if (io.stdout.isTerminal && !dryRun) {
    throw usageError('an archive is not written to a terminal', {
      why: 'stdout is one',
      fix: 'name a file (oci-archive:FILE), or pipe it into a program',
    })
  }
}

/** Reads the first argument. @throws {@link SealwrightError} `VALIDATION` for a file. */
export function sourceTarget({ io }: Context, text: string): ArtifactTarget {
  const target = parseTarget(text, io.cwd, 'copy')
  if (target.kind !== 'file') return target
  throw usageError(`${text} is a file, and files are not copied`, {
    why: 'what is copied is in a registry, a layout (oci:DIR) or an archive (oci-archive:FILE)',
    fix: `write oci-archive:${target.path}`,
  })
}

/** Refuses what cannot be used together. */
export function assertCombination(
  context: Context,
  source: ArtifactTarget,
  destination: Destination,
  flags: CopyFlags,
): void {
  const { target } = destination
  // What is written to stdout reads nothing from stdin.
  const written = isStdout(target) ? { ...target, path: 'stdout' } : target
  assertUsable(context, [source, written], flags)
  if (isStdout(target)) assertStdout(context, flags)
  const unknown = flags.only?.find(type => !KINDS.includes(type) && !type.includes('/'))
  if (unknown !== undefined) {
    throw usageError(`--only: "${unknown}" is not a type`, {
      why: `types are ${KINDS.join(', ')} and media types`,
      fix: '--only signature',
    })
  }
  if (flags.scope !== undefined && (flags.verify === undefined || source.kind === 'registry')) {
    throw usageError(`--scope has no effect on ${source.text}`, {
      why:
        flags.verify === undefined
          ? 'nothing is judged without --verify'
          : 'what is in a registry is judged as its own repository',
      fix: flags.verify === undefined ? 'add --verify' : 'leave it out',
    })
  }
}
