import {
  type ArtifactStore,
  type CopyReport,
  choosePlatform,
  copyGraph,
  type Descriptor,
} from '@sealwright/oci'
import { type Destination, openDestination, parseDestination, placeName } from '../copying/destination.ts'
import { judge } from '../copying/judge.ts'
import { leftLines, reportLines } from '../copying/lines.ts'
import { progressOf } from '../copying/progress.ts'
import { withSignatures } from '../copying/with-signatures.ts'
import type { ContentDocument, CopyDocument } from '../documents/copying.ts'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import { failureOf } from '../frame/failure.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { refusedLines } from '../judging/lines.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import { type ArtifactTarget, type LayoutTarget, parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface CopyFlags extends RegistryFlags {
  readonly only?: readonly string[]
  readonly platform?: string
  readonly verify?: true
  readonly scope?: string
  readonly dryRun?: true
}

const KINDS = ['signature', 'attestation', 'sbom']

/** `sealwright copy FROM TO` */
export async function copy(
  context: Context,
  [from = '', to = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as CopyFlags
  const source = sourceTarget(context, from)
  const destination = parseDestination(context, to)
  assertCombination(context, source, destination, flags)
  const registry = registryFlags(flags)
  const signal = await allowedTime(context)
  await using open = await openTarget(context, source, registry, { streamed: true })
  const artifact = await context.dialogue.waiting(open.store.name, () => open.resolve(signal))
  const document: CopyDocument = {
    dryRun: flags.dryRun === true,
    from: { reference: from, resolved: open.nameOf(artifact.digest) },
    to: { reference: to, resolved: null, tags: [] },
    copied: [],
    skipped: [],
    mounted: [],
    left: [],
    verification: null,
  }
  if (flags.verify) {
    const asked = { ...flags, reference: from, digest: artifact.digest }
    const judged = await context.dialogue.waiting('the verdict', () => judge(context, open, asked, signal))
    document.verification = judged.target
    if (judged.exitCode !== EXIT.done) {
      const faults = refusedLines(judged.target, context.paintErr)
      return { exitCode: judged.exitCode, document, lines: [], faults }
    }
  }
  const stores = {
    from: withSignatures(open.store, open.signatures),
    to: await openDestination(context, destination, registry),
  }
  const report = await carry(context, stores, { artifact, source, destination, flags, signal })
  await open.finish()
  return outcomeOf(context, document, destination, report)
}

async function carry(
  context: Context,
  stores: { readonly from: ArtifactStore; readonly to: ArtifactStore },
  plan: {
    readonly artifact: Descriptor
    readonly source: ArtifactTarget
    readonly destination: Destination
    readonly flags: CopyFlags
    readonly signal: AbortSignal
  },
): Promise<CopyReport> {
  const { artifact, source, destination, flags, signal } = plan
  const { platform, only, dryRun = false } = flags
  const root =
    platform === undefined ? artifact : await choosePlatform(stores.from, artifact, platform, { signal })
  if (destination.digest !== undefined && destination.digest !== root.digest) {
    throw usageError(`${destination.target.text} names another artifact`, {
      why: `what would be copied is ${root.digest}`,
      fix: 'name a tag at the destination, or nothing: a digest stays what it is',
    })
  }
  const tags = await tagsOf(stores.from, artifact, source, destination, signal)
  const progress = progressOf(context)
  try {
    return await copyGraph(stores.from, root.digest, stores.to, {
      signal,
      dryRun,
      tags,
      concurrency: flags.concurrency ?? (await context.settings()).concurrency,
      onProgress: event => progress.take(event),
      ...(only === undefined ? {} : { only }),
    })
  } finally {
    progress.end()
  }
}

/** The tag that the destination names; else those by which the source was found. A digest alone has none. */
async function tagsOf(
  store: ArtifactStore,
  { digest }: Descriptor,
  source: ArtifactTarget,
  destination: Destination,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (destination.tag !== undefined) return [destination.tag]
  if (destination.digest !== undefined) return []
  if (source.tag !== undefined) return [source.tag]
  if (source.digest !== undefined) return []
  // The one artifact of a layout: what it is called there.
  const entries = (await store.entries?.({ signal })) ?? []
  return entries.filter(entry => entry.descriptor.digest === digest).flatMap(({ tags }) => tags)
}

function outcomeOf(
  context: Context,
  before: CopyDocument,
  { target }: Destination,
  { root, tags, copied, skipped, mounted, left }: CopyReport,
): Outcome {
  const resolved = `${placeName(target)}@${root.digest}`
  const document: CopyDocument = {
    ...before,
    to: { ...before.to, resolved, tags: [...tags] },
    copied: copied.map(contentOf),
    skipped: skipped.map(contentOf),
    mounted: mounted.map(contentOf),
    left: left.map(({ descriptor, why }) => ({ ...contentOf(descriptor), error: failureOf(why) })),
  }
  const [first] = document.left
  const lines = reportLines(document, toStdout(target) ? context.paintErr : context.paint)
  return {
    exitCode: first === undefined ? EXIT.done : EXIT.unavailable,
    document: first === undefined ? document : { ...document, error: first.error },
    lines,
    faults: leftLines(document, context.paintErr),
    resolved: [resolved],
    // The archive is there already; what is said of it goes to stderr.
    ...(toStdout(target) ? { raw: '' } : {}),
  }
}

function contentOf({ mediaType, digest, size }: Descriptor): ContentDocument {
  return { mediaType, digest, size }
}

/** A copy takes as long as it takes, unless somebody said how long; a connection on which nothing moves ends by itself. */
async function allowedTime({ flags, io, deadline }: Context): Promise<AbortSignal> {
  return flags.timeout === undefined && !io.env.SEALWRIGHT_TIMEOUT ? io.signal : deadline()
}

function toStdout(target: ArtifactTarget): target is LayoutTarget {
  return target.kind === 'archive' && target.path === '-'
}

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

function sourceTarget({ io }: Context, text: string): ArtifactTarget {
  const target = parseTarget(text, io.cwd, 'copy')
  if (target.kind !== 'file') return target
  throw usageError(`${text} is a file, and files are not copied`, {
    why: 'what is copied is in a registry, a layout (oci:DIR) or an archive (oci-archive:FILE)',
    fix: `write oci-archive:${target.path}`,
  })
}

function assertCombination(
  context: Context,
  source: ArtifactTarget,
  destination: Destination,
  flags: CopyFlags,
): void {
  const { target } = destination
  // What is written to stdout reads nothing from stdin.
  const written = toStdout(target) ? { ...target, path: 'stdout' } : target
  assertUsable(context, [source, written], flags)
  if (toStdout(target)) assertStdout(context, flags)
  const unknown = flags.only?.find(type => !KINDS.includes(type) && !type.includes('/'))
  if (unknown !== undefined) {
    throw usageError(`--only: "${unknown}" is no type`, {
      why: `types are ${KINDS.join(', ')} and media types`,
      fix: '--only signature',
    })
  }
  if (flags.scope !== undefined && (flags.verify === undefined || source.kind === 'registry')) {
    throw usageError(`--scope has nothing to say about ${source.text}`, {
      why:
        flags.verify === undefined
          ? 'nothing is judged without --verify'
          : 'what is in a registry is judged as its own repository',
      fix: flags.verify === undefined ? 'add --verify' : 'leave it out',
    })
  }
}
