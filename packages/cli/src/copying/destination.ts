import { type ArtifactStore, archiveOutput } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openPlace } from '../targets/open-place.ts'
import { openSignatures } from '../targets/open-signatures.ts'
import { parseRepository } from '../targets/repository.ts'
import { BESIDE } from '../targets/signatures-in.ts'
import { type ArtifactTarget, type LayoutTarget, parseTarget } from '../targets/target.ts'

/** Where a copy goes; its tag, if it shall have another than at its source. */
export interface Destination {
  /** As a target, for what is asked of every target. stdout is the path `-` of an archive. */
  readonly target: ArtifactTarget
  readonly tag?: string
  /** What must come out: a digest was named instead of a tag. */
  readonly digest?: string
}

/**
 * Reads the second argument of `copy`. Unlike other targets a repository may be named alone: the tag is that of the
 * source then.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseDestination({ io }: Context, text: string): Destination {
  const parsed = parseRepository(text, io.cwd, 'copy FROM') ?? parseTarget(text, io.cwd, 'copy FROM')
  if (parsed.kind === 'file') {
    const tar = parsed.path === '-' || /\.(?:tar|tgz|tar\.gz)$/.test(parsed.path)
    throw usageError(`nothing can be copied to ${text}`, {
      why: 'a destination is a repository, a layout (oci:DIR) or an archive (oci-archive:FILE)',
      fix: `write ${tar ? 'oci-archive' : 'oci'}:${parsed.path.replace(/^\.\//, '')}`,
    })
  }
  const { tag, digest } = parsed
  return {
    target: parsed,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Opens it; nothing is contacted or made yet. */
export async function openDestination(
  context: Context,
  { target }: Destination,
  flags: RegistryFlags,
): Promise<ArtifactStore> {
  if (isStdout(target)) {
    return archiveOutput(chunk => context.io.stdout.send(chunk))
  }
  return openPlace(context, target, flags, { create: true })
}

/**
 * Opens the place where the configuration keeps what refers to the artifacts of the destination's host; `undefined` where
 * it lies beside them. `--signatures-in` speaks of the source, but for `none`, which speaks of both.
 */
export async function openReferrersPlace(
  context: Context,
  { target }: Destination,
  { signaturesIn, ...flags }: RegistryFlags,
): Promise<ArtifactStore | undefined> {
  if (signaturesIn === BESIDE) return undefined
  return openSignatures(context, target, flags, { create: true })
}

/** Whether an archive goes to stdout. */
export function isStdout(target: ArtifactTarget): target is LayoutTarget {
  return target.kind === 'archive' && target.path === '-'
}

/** What it is called before tag and digest. */
export function placeName(target: ArtifactTarget): string {
  if (target.kind === 'registry') return target.repository
  return `${target.kind === 'layout' ? 'oci' : 'oci-archive'}:${target.path}`
}
