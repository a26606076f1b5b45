import { type ArtifactStore, archiveOutput } from '@sealwright/oci'
import type { LayoutTarget } from '../../config/layout-reference.ts'
import { BESIDE } from '../../config/signatures-in.ts'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { openPlace, openSignatures } from '../../targets/open-target.ts'
import { type ArtifactTarget, parseRepository, parseTarget } from '../../targets/target.ts'

/** Where a copy goes; its tag, if it shall have another than at its source. */
export interface Destination {
  /** As a target, for what is asked of every target. stdout is the path `-` of an archive. */
  readonly target: ArtifactTarget
  readonly tag?: string | undefined
  /** What must come out: a digest was named instead of a tag. */
  readonly digest?: string | undefined
}

/**
 * Reads the second argument of `copy`. Unlike other targets a repository may be named alone: the tag is that of the
 * source then.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseDestination({ io }: Session, text: string): Destination {
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
    tag,
    digest,
  }
}

/** Opens it; nothing is contacted or made yet. */
export async function openDestination(
  session: Session,
  { target }: Destination,
  flags: RegistryFlags,
): Promise<ArtifactStore> {
  if (isStdout(target)) {
    return archiveOutput(chunk => session.io.stdout.send(chunk))
  }
  return openPlace(session, target, flags, { create: true })
}

/**
 * Opens the store in which the configuration keeps the referrers for the destination's host; `undefined` if they are
 * stored next to the artifacts. `--signatures-in` applies to the source only, except for `none`, which applies to both.
 */
export async function openReferrersPlace(
  session: Session,
  { target }: Destination,
  { signaturesIn, ...flags }: RegistryFlags,
): Promise<ArtifactStore | undefined> {
  if (signaturesIn === BESIDE) return undefined
  return openSignatures(session, target, flags, { create: true })
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
