import type { SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { isDigest } from '@sealwright/oci'
import { EXIT, type ExitCode } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { failureLines, printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { type OpenTarget, openTarget } from '../../targets/open-target.ts'
import { type ArtifactTarget, parseTarget } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import { type Deletable, type Doomed, doomedOf, type Spared } from './deletion.ts'
import type { DeleteDocument, Deletion } from './document.ts'
import type { DeleteFlags } from './spec.ts'

/** `sealwright delete TARGET (--signature DIGEST… | --all) [--dry-run]` */
export async function deleteSignatures(
  session: Session,
  [text]: readonly [string],
  flags: DeleteFlags,
): Promise<Outcome> {
  const target = deletableTarget(session, text)
  assertUsable(session, [target], flags)
  assertChoice(text, flags)
  const dryRun = flags.dryRun === true
  await using open = await openTarget(session, target, flags)
  const { subject, doomed, spared, absent } = await find(session, open, flags)
  const resolved = open.nameOf(subject)
  for (const { why } of spared)
    session.warn(why.why === undefined ? why.message : `${why.message}: ${why.why}`)
  const others = [...absent.map(digest => gone(digest)), ...spared.map(keptBack)]
  if (!dryRun && doomed.length > 0) await assertAgreed(session, doomed, resolved)
  const { manifests, error } = dryRun
    ? { manifests: doomed.map(one => deletion(one, 'wouldDelete')), error: undefined }
    : await remove(session, open, doomed)
  // What only has a tag is somebody else's; a referrer that cannot be read may be a signature.
  const failed = error ?? spared.find(({ tag }) => tag === undefined)?.why
  return outcome(
    session,
    {
      reference: text,
      resolved,
      dryRun,
      changed: manifests.some(one => one.outcome === 'deleted'),
      manifests: [...others, ...manifests],
      ...(failed === undefined ? {} : { error: failureOf(failed) }),
    },
    failed === undefined ? EXIT.done : exitCodeOfError(failed, session.io.signal),
  )
}

async function find(
  session: Session,
  open: OpenTarget,
  { signature, concurrency }: DeleteFlags,
): Promise<Deletable & { readonly subject: string }> {
  const signal = await session.deadline()
  return session.dialogue.waiting(open.signatures.name, async () => {
    const subject = await open.resolve(signal)
    const options = { signal, concurrency }
    return { subject: subject.digest, ...(await doomedOf(open.signatures, subject, signature, options)) }
  })
}

/** One after the other, as far as the store lets us. */
async function remove(
  session: Session,
  open: OpenTarget,
  doomed: readonly Doomed[],
): Promise<{ readonly manifests: readonly Deletion[]; readonly error?: SealwrightError | undefined }> {
  if (doomed.length === 0) return { manifests: [] }
  const done = new Set<string>()
  const { signatures } = open
  const work = async (store: typeof signatures): Promise<void> => {
    for (const { descriptor } of doomed) {
      session.step(`delete ${descriptor.digest} from ${store.name}`)
      await store.delete(descriptor, { signal: await session.deadline() })
      done.add(descriptor.digest)
    }
  }
  const manifests = (): Deletion[] =>
    doomed.map(one => deletion(one, done.has(one.descriptor.digest) ? 'deleted' : 'kept'))
  try {
    await session.dialogue.waiting(signatures.name, () =>
      signatures.batch ? signatures.batch(work, { signal: session.io.signal }) : work(signatures),
    )
    return { manifests: manifests() }
  } catch (thrown) {
    // What is written together was not written at all.
    if (signatures.batch) done.clear()
    return { manifests: manifests(), error: session.fault(thrown) }
  }
}

function outcome(session: Session, document: DeleteDocument, exitCode: ExitCode): Outcome {
  return {
    exitCode,
    document,
    lines: deleteLines(document),
    faults: document.error ? failureLines('error', document.error, session.styleErr) : [],
    resolved: [document.resolved],
  }
}

function deletion({ descriptor, of, kind, tag }: Doomed, outcome: Deletion['outcome']): Deletion {
  return {
    digest: descriptor.digest,
    of,
    kind: kind ?? null,
    artifactType: descriptor.artifactType ?? null,
    tag: tag ?? null,
    outcome,
  }
}

function keptBack(spared: Spared): Deletion {
  const { message, why } = spared.why
  return { ...deletion(spared, 'kept'), why: why === undefined ? message : `${message}: ${why}` }
}

function gone(digest: string): Deletion {
  return { digest, of: null, kind: null, artifactType: null, tag: null, outcome: 'absent' }
}

function deletableTarget(session: Session, text: string): ArtifactTarget {
  const target = parseTarget(text, session.io.cwd, 'delete')
  if (target.kind === 'file') {
    throw usageError(`nothing is attached to a file: ${text}`, {
      why: 'the signature of a file is a file of its own, beside it',
      fix: 'remove that file',
    })
  }
  if (target.kind === 'archive' && target.path === '-') {
    throw usageError(`nothing can be deleted from ${text}`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'name the file: oci-archive:FILE',
    })
  }
  return target
}

function assertChoice(text: string, { signature, all }: DeleteFlags): void {
  if ((signature === undefined) !== (all === undefined)) {
    const wrong = signature?.find(digest => !isDigest(digest))
    if (wrong === undefined) return
    throw usageError(`"${wrong}" is not a digest`, {
      why: 'signatures are named by the digest of their manifest',
      fix: `find it: sealwright list ${shellQuote(text)}`,
    })
  }
  throw usageError(
    all ? '--all and --signature cannot be used together' : 'delete needs to know which signatures',
    {
      why: 'either all signatures are deleted, or those that are named by digest',
      fix: `choose one: sealwright delete ${shellQuote(text)} --all`,
    },
  )
}

async function assertAgreed(
  { dialogue }: Session,
  doomed: readonly Doomed[],
  resolved: string,
): Promise<void> {
  const count = doomed.length === 1 ? 'one manifest' : `${doomed.length} manifests`
  const named = doomed.map(one => `  ${deletionLine(deletion(one, 'wouldDelete'))}\n`).join('')
  const agreed = await dialogue.confirm({
    prompt: `to be deleted from ${printable(resolved)}:\n${named}delete ${count}? this cannot be undone`,
    missing: `${count} would be deleted, and no terminal is available to ask on`,
    fix: 'agree with -y, or look first: --dry-run',
  })
  if (agreed) return
  throw usageError('nothing was deleted', {
    why: 'the question was not answered with yes',
    fix: 'look first: --dry-run',
  })
}

const WORDS: Readonly<Record<Deletion['outcome'], string>> = {
  deleted: 'deleted',
  wouldDelete: 'would delete',
  absent: 'not there',
  kept: 'kept',
}

/** What was deleted, as text. */
function deleteLines({ manifests, resolved }: DeleteDocument): string[] {
  if (manifests.length === 0) return [`nothing to do: ${printable(resolved)} has no signatures`]
  return manifests.map(one => `${WORDS[one.outcome].padEnd(12)}  ${deletionLine(one)}`)
}

/** One manifest: its kind, its whole digest, and what ties it to the target. */
function deletionLine({ digest, of, kind, artifactType, tag }: Deletion): string {
  const facts = [
    ...(of === null ? [] : [kind ?? 'other']),
    digest,
    ...(artifactType === null ? [] : [artifactType]),
    ...(tag === null ? [] : [`tag ${tag}`]),
    ...(of === null ? [] : [`of ${of}`]),
  ]
  return printable(facts.join('  '))
}
