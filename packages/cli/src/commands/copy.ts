import type { CopyReport } from '@sealwright/oci'
import { carry } from '../copying/carry.ts'
import {
  type Destination,
  isStdout,
  openDestination,
  openReferrersPlace,
  parseDestination,
  placeName,
} from '../copying/destination.ts'
import { assertCombination, type CopyFlags, sourceTarget } from '../copying/flags.ts'
import { judge } from '../copying/judge.ts'
import { leftLines, reportLines } from '../copying/lines.ts'
import { joined, movedTo } from '../copying/moved.ts'
import type { CopyDocument } from '../documents/copying.ts'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { refusedLines } from '../judging/lines.ts'
import { registryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import { withSignatures } from '../targets/with-signatures.ts'

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
      const faults = refusedLines(judged.target, {
        paint: context.paintErr,
        details: context.flags.verbose,
      })
      return { exitCode: judged.exitCode, document, lines: [], faults }
    }
  }
  const stores = {
    from: withSignatures(open.store, open.signatures),
    to: await openDestination(context, destination, registry),
    referrersTo: await openReferrersPlace(context, destination, registry),
  }
  const report = await carry(context, stores, { artifact, source, destination, flags, signal })
  await open.finish()
  return outcomeOf(context, document, destination, { ...report, signaturesIn: stores.referrersTo?.name })
}

function outcomeOf(
  context: Context,
  before: CopyDocument,
  { target }: Destination,
  {
    root,
    tags,
    referrers,
    signaturesIn,
    ...moved
  }: CopyReport & { readonly signaturesIn: string | undefined },
): Outcome {
  const resolved = `${placeName(target)}@${root.digest}`
  // The report has a part of its own where there truly are two places.
  const apart = referrers === undefined ? undefined : signaturesIn
  const document: CopyDocument = {
    ...before,
    ...joined(movedTo(undefined, moved), movedTo(apart, referrers)),
    to: {
      ...before.to,
      resolved,
      tags: [...tags],
      ...(apart === undefined ? {} : { signaturesIn: apart }),
    },
  }
  const [first] = document.left
  const lines = reportLines(document, isStdout(target) ? context.paintErr : context.paint)
  return {
    exitCode: first === undefined ? EXIT.done : EXIT.unavailable,
    document: first === undefined ? document : { ...document, error: first.error },
    lines,
    faults: leftLines(document, context.paintErr),
    resolved: [resolved],
    // The archive is there already; what is said of it goes to stderr.
    ...(isStdout(target) ? { raw: '' } : {}),
  }
}

/** A copy takes as long as it takes, unless somebody said how long; a connection on which nothing moves ends by itself. */
async function allowedTime({ flags, io, deadline }: Context): Promise<AbortSignal> {
  return flags.timeout === undefined && !io.env.SEALWRIGHT_TIMEOUT ? io.signal : deadline()
}
