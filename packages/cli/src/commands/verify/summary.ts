import { resolve } from 'node:path'
import { type Signer, seal } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { attestArtifact, attestationAlgorithm, summaryFault, summaryOf, type Trust } from '@sealwright/notary'
import { type Descriptor, digestOf, memory } from '@sealwright/oci'
import { sigstoreBundle } from '@sealwright/sigstore'
import pLimit, { type LimitFunction } from 'p-limit'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { openKeys } from '../../keys/keys.ts'
import { type ExitCode, exitCodeOfAll } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import { usageError } from '../../runtime/usage.ts'
import { VERSION } from '../../runtime/version.ts'
import type { Session } from '../../session/session.ts'
import { assertAllowedAlgorithm } from '../../signatures/rules.ts'
import { openTarget, storedIn } from '../../targets/open-target.ts'
import type { ArtifactTarget, Target } from '../../targets/target.ts'
import type { VerifiedTarget } from '../../verification/document.ts'
import type { Judged } from '../../verification/judged.ts'
import type { VerifyFlags } from './spec.ts'

/** Who verifies, where nobody says otherwise: this program, whoever has the key. */
const VERIFIER = 'https://github.com/sealwright/sealwright/verify'

/** How the summaries of a run are made: `--report-key`. */
export interface SummaryPlan extends AsyncDisposable {
  readonly signer: Signer
  readonly verifier: string
  readonly trust: Trust
  /** The repository that targets without one are judged as. */
  readonly scope?: string | undefined
  /** Where the bundle goes; absent: to the target. */
  readonly file?: string | undefined
  readonly registry: RegistryFlags
  readonly limit: LimitFunction
}

type Summary = NonNullable<VerifiedTarget['summary']>
type Made = Pick<Summary, 'digest' | 'stored'>

/** Refuses `--report-key` where no policy decides, where the verdict is not about now, or where the summary has no place. */
export function assertSummary(targets: readonly Target[], flags: VerifyFlags): void {
  const { reportKey, reportVerifier, reportBundle, scope } = flags
  const refuse = (what: string, why: string, fix: string): never => {
    throw usageError(what, { why, fix })
  }
  if (reportKey === undefined) {
    const stray =
      reportBundle !== undefined ? '--report-bundle' : reportVerifier !== undefined && '--report-verifier'
    if (stray)
      refuse(
        `${stray} has no effect without --report-key`,
        'it is about the summary that a key signs',
        'add --report-key KEY',
      )
    return
  }
  const other = (['key', 'trustedCert', 'at'] as const).find(name => flags[name] !== undefined)
  if (other !== undefined) {
    const flag = { key: '--key', trustedCert: '--trusted-cert', at: '--at' }[other]
    refuse(
      `--report-key and ${flag} cannot be used together`,
      'a summary says what a policy decides now, and names the policy by its digest',
      'leave one of the two out',
    )
  }
  if (reportBundle === '-')
    refuse('--report-bundle - is not possible', 'stdout has the report', 'name a file: --report-bundle FILE')
  if (reportBundle !== undefined && targets.length > 1)
    refuse(
      '--report-bundle takes one target',
      `a summary is about one target; ${targets.length} were given`,
      'verify them one at a time',
    )
  for (const target of targets) {
    if (
      reportBundle === undefined &&
      (target.kind === 'file' || (target.kind === 'archive' && target.path === '-'))
    )
      refuse(
        `nothing can be attached to ${target.text}`,
        'it is not an artifact in a registry, a layout or an archive file',
        'name a file for the summary: --report-bundle FILE',
      )
    if (target.kind !== 'registry' && target.kind !== 'file' && scope === undefined)
      refuse(
        `the summary of ${target.text} needs --scope`,
        'a summary names the repository of its artifact, and a layout has none',
        'add --scope REPOSITORY',
      )
  }
}

/** Opens the key of `--report-key`. */
export async function openSummary(
  session: Session,
  flags: VerifyFlags & { readonly reportKey: string },
  shared: Pick<SummaryPlan, 'trust' | 'scope' | 'registry'>,
): Promise<SummaryPlan> {
  const settings = await session.settings()
  await using opened = new AsyncDisposableStack()
  const keys = opened.use(await openKeys(session, flags))
  const signer = opened.use(await keys.open(await keys.select(flags.reportKey), attestationAlgorithm))
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  const kept = opened.move()
  return {
    ...shared,
    signer,
    verifier: flags.reportVerifier ?? VERIFIER,
    file: flags.reportBundle,
    // Who has to touch a token does so for one summary after the other.
    limit: pLimit(signer.key.presence === undefined ? settings.concurrency : 1),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Signs what was judged, of the digest that was judged, and stores it. A failure is part of the result. */
export async function withSummary(
  session: Session,
  target: Target,
  judged: Judged,
  plan: SummaryPlan,
): Promise<Judged> {
  const report = judged.target
  const fault = report.error ? 'nothing was found out' : summaryFault(report)
  if (fault !== undefined) {
    session.note(`no summary of ${report.reference} was signed: ${fault}`)
    return judged
  }
  const digest = report.resolved!.slice(report.resolved!.lastIndexOf('@') + 1)
  const resource = resourceUri(target, digest, plan)
  const about = {
    result: report.verdict === 'verified' ? 'PASSED' : 'FAILED',
    verifier: plan.verifier,
    resource,
  } as const
  const ended = (summary: Made & Pick<Summary, 'error'>, exitCode: ExitCode): Judged => ({
    target: { ...report, summary: { ...about, ...summary } },
    exitCode: exitCodeOfAll([judged.exitCode, exitCode]),
  })
  try {
    const made = await plan.limit(() => storeSummary(session, { target, report, digest, resource }, plan))
    return ended({ ...made, error: null }, judged.exitCode)
  } catch (thrown) {
    const error = session.fault(thrown)
    const exitCode = exitCodeOfError(error, session.io.signal)
    return ended({ digest: null, stored: null, error: failureOf(error) }, exitCode)
  }
}

interface Summarized {
  readonly target: Target
  readonly report: VerifiedTarget
  readonly digest: string
  readonly resource: string
}

async function storeSummary(
  session: Session,
  { target, report, digest, resource }: Summarized,
  plan: SummaryPlan,
): Promise<Made> {
  const { signer, verifier, file } = plan
  const signal = await session.deadline()
  const now = session.io.now()
  const attestation = summaryOf(report, {
    verifier,
    versions: { sealwright: VERSION },
    resourceUri: resource,
    timeVerified: now,
    policyDigest: policyDigest(plan.trust, report),
  })
  session.step(`sign the summary of ${report.reference}`)
  const attest = (places: Parameters<typeof attestArtifact>[0], subject: Descriptor) =>
    session.dialogue.waiting(`the summary of ${report.reference}`, () =>
      attestArtifact(
        places,
        subject,
        attestation,
        payload => seal(sigstoreBundle, payload, signer, { attributes: {}, signal }),
        { publicKey: signer.key.publicKey, created: now, signal },
      ),
    )
  if (file !== undefined) {
    // The statement names the digest alone: what is attached in this store is never seen.
    const made = await attest(
      { artifacts: memory() },
      { mediaType: 'application/octet-stream', digest, size: 0 },
    )
    const { bytes } = made.envelope
    await writeFileAtomic(resolve(session.io.cwd, file), bytes, { mode: 0o644 })
    return { digest: digestOf('sha256', bytes), stored: { as: 'file', path: file } }
  }
  await using open = await openTarget(session, target as ArtifactTarget, plan.registry)
  const subject = await open.store.resolve(digest, { signal })
  const made = await attest({ artifacts: open.store, signatures: open.signatures }, subject)
  return { digest: made.attestation.digest, stored: storedIn(open, made.foundBy) }
}

/**
 * The target as a package URL: of a repository by its digest (`pkg:oci`), of a file by its name and checksum
 * (`pkg:generic`). It has no tag, which another artifact has tomorrow.
 */
function resourceUri(target: Target, digest: string, { scope }: SummaryPlan): string {
  const repository = target.kind === 'registry' ? target.repository : scope
  const name = (repository ?? target.text).split(/[\\/]/).at(-1) as string
  if (repository === undefined) return `pkg:generic/${encodeURIComponent(name)}?checksum=${digest}`
  const url = encodeURIComponent(repository).replaceAll('%2F', '/').replaceAll('%3A', ':')
  return `pkg:oci/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(digest)}?repository_url=${url}`
}

/** Of the policy that decided: a directory may have several. */
function policyDigest({ oci, blob, sealwright }: Trust, { policy }: VerifiedTarget): string {
  const digest = [sealwright, oci, blob].find(source => source?.file === policy?.file)?.digest
  if (digest !== undefined) return digest
  throw usageError(`${policy?.file} has no digest`, {
    why: 'a summary names the policy that decided by the digest of its file',
    fix: 'verify under a policy in a file',
  })
}
