import { seal } from '@sealwright/core'
import { attestArtifact, BUNDLE_TYPE, findEqualAttestation, sigstoreBundle } from '@sealwright/notary'
import type { Descriptor } from '@sealwright/oci'
import { formatDistinguishedName } from '@sealwright/x509'
import type { AttestedTarget } from '../documents/attesting.ts'
import type { Context } from '../frame/context.ts'
import { EXIT, type ExitCode } from '../frame/exit.ts'
import { exitCodeOfError, failureOf } from '../frame/failure.ts'
import { onRecord } from '../signing/audit-log.ts'
import { storedIn } from '../signing/stored.ts'
import { type OpenTarget, openTarget, whereSignatures } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import type { AttestPlan } from './plan.ts'

type Attested = Omit<AttestedTarget, 'reference' | 'error'>

/** Attests one target, unless an equal attestation is there. A failure is one of the results. */
export async function attestTarget(
  context: Context,
  target: ArtifactTarget,
  plan: AttestPlan,
): Promise<{ readonly target: AttestedTarget; readonly exitCode: ExitCode }> {
  const reference = target.text
  try {
    context.io.signal.throwIfAborted()
    const attested = await attest(context, target, plan)
    return { target: { reference, ...attested, error: null }, exitCode: EXIT.done }
  } catch (thrown) {
    const error = context.fault(thrown)
    const nothing = { resolved: null, attestation: null, stored: null }
    return {
      target: { reference, outcome: 'failed', ...nothing, error: failureOf(error) },
      exitCode: exitCodeOfError(error, context.io.signal),
    }
  }
}

async function attest(context: Context, target: ArtifactTarget, plan: AttestPlan): Promise<Attested> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, plan.registry, { create: true })
  context.step(`resolve ${target.text}`)
  const subject = await context.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) context.note(`${target.text} is ${subject.digest}`)
  return await plan.oneByOne.run(`${open.signatures.name}@${subject.digest}`, () =>
    attestManifest(context, { open, subject, plan, signal }),
  )
}

async function attestManifest(
  context: Context,
  request: { open: OpenTarget; subject: Descriptor; plan: AttestPlan; signal: AbortSignal },
): Promise<Attested> {
  const { open, subject, plan, signal } = request
  const { attestation, signer } = plan
  const resolved = open.nameOf(subject.digest)
  const { publicKey } = signer.key
  const certificates = plan.chain.map(({ der }) => der)
  const [leaf] = plan.chain
  const describe = (digest: string): Attested['attestation'] => ({
    digest,
    mediaType: BUNDLE_TYPE,
    algorithm: signer.algorithm.id,
    subject: leaf === undefined ? null : formatDistinguishedName(leaf.subject),
  })
  context.step(`look for an equal attestation in ${open.signatures.name}`)
  const equal = await context.dialogue.waiting(`the attestations in ${open.signatures.name}`, () =>
    findEqualAttestation(open.signatures, subject, { attestation, publicKey, certificates, signal }),
  )
  if (equal !== undefined) {
    return { resolved, outcome: 'unchanged', attestation: describe(equal.digest), stored: null }
  }
  context.step(`attest ${resolved}`)
  const made = await context.dialogue.waiting(`the attestation of ${resolved}`, () =>
    attestArtifact(
      { artifacts: open.store, signatures: open.signatures },
      subject,
      attestation,
      payload =>
        onRecord(
          plan,
          { action: 'attest', target: { reference: resolved, digest: subject.digest } },
          recording => seal(sigstoreBundle, payload, recording, { attributes: {}, certificates, signal }),
        ),
      { publicKey, created: plan.now, signal },
    ),
  )
  context.step(`read back ${made.attestation.digest}`)
  return {
    resolved,
    outcome: 'attested',
    attestation: describe(made.attestation.digest),
    stored: storedIn(made.foundBy, whereSignatures(open)),
  }
}
