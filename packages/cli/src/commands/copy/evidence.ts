import { stapleSignatures } from '@sealwright/notary'
import { type ArtifactStore, type Descriptor, memory, walkGraph, withSignaturesIn } from '@sealwright/oci'
import pLimit from 'p-limit'
import { type ExitCode, exitCodeOfAll } from '../../runtime/exit.ts'
import type { Session } from '../../session/session.ts'
import type { StapledSignature } from '../../signatures/document.ts'
import { describeStapled, exitCodeOfStapled, stapleOptions } from '../../signatures/evidence.ts'
import type { CopyFlags } from './spec.ts'

/** Evidence for the signatures of a graph, and the graph with it. */
export interface Evidence {
  readonly store: ArtifactStore
  readonly signatures: readonly StapledSignature[]
  readonly exitCode: ExitCode
}

/**
 * Collects evidence for every signature of an artifact and of the manifests that it names. It is kept in memory, as
 * referrers of the signatures, and copied from there: nothing is written to the source.
 */
export async function collectEvidence(
  session: Session,
  from: ArtifactStore,
  root: Descriptor,
  { flags, signal }: { readonly flags: CopyFlags; readonly signal: AbortSignal },
): Promise<Evidence> {
  const evidence = memory()
  // Read from both, written to memory.
  const stapled = { ...withSignaturesIn(evidence, from), name: from.name }
  const options = await stapleOptions(session, flags)
  const limit = pLimit(flags.concurrency ?? (await session.settings()).concurrency)
  const reports = await session.dialogue.waiting('evidence for the signatures', async () => {
    const signed: Descriptor[] = []
    for await (const { descriptor, again, fault } of walkGraph(from, root, { depth: 0, signal })) {
      const { mediaType, digest, size } = descriptor
      if (!again && fault === undefined) signed.push({ mediaType, digest, size })
    }
    return Promise.all(
      signed.map(subject => limit(() => stapleSignatures(stapled, subject, { ...options, signal }))),
    )
  })
  const all = reports.flat()
  return {
    store: withSignaturesIn(from, evidence),
    signatures: all.map(describeStapled),
    exitCode: exitCodeOfAll(all.map(report => exitCodeOfStapled(report, session.io.signal))),
  }
}
