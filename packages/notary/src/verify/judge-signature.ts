import { fingerprint, isSealwrightError, type SealwrightError } from '@sealwright/core'
import { formatDistinguishedName } from '@sealwright/x509'
import type { OpenedEnvelope, SoundEnvelope } from '../sound-envelope.ts'
import type { Enforcement } from '../trust/level.ts'
import type { Action, Statement } from '../trust/policy.ts'
import { checkAttributes } from './attributes.ts'
import { checkAuthenticity, checkKey } from './authenticity.ts'
import { type Finding, failed, notConfigured, passed } from './finding.ts'
import { CHECKS, type CheckName, formatTime, type SignatureReport } from './report.ts'
import { checkRevocation } from './revocation.ts'
import { type CheckedAll, runChecks } from './run-checks.ts'
import type { StoreIndex } from './store-index.ts'
import { checkArtifact, checkMetadata, type Expected } from './subject-match.ts'
import { checkAuthenticTimestamp, checkExpiry, type Moment } from './times.ts'

/** What a signature is judged by. */
export interface Judgement {
  readonly statement: Statement
  readonly enforcement: Enforcement
  readonly stores: StoreIndex
  /** Trusted by itself, in place of the statement's stores and identities. */
  readonly key?: Uint8Array
  readonly now: Moment
  /** What the signature must be over; asked for only once the signer is known to be trusted. */
  expected(envelope: SoundEnvelope): Promise<Expected> | Expected
  readonly metadata: Readonly<Record<string, string>>
}

export interface JudgedSignature {
  readonly report: Pick<SignatureReport, 'verdict' | 'reason' | 'signed' | 'signer' | 'time' | 'checks'>
  /** Why it cannot be told, where that is a fault of the trust that was given. */
  readonly error?: SealwrightError
}
type Described = { -readonly [Name in 'signed' | 'signer' | 'time']?: NonNullable<SignatureReport[Name]> }

/**
 * Makes the checks in their order, and stops at the first failure that is enforced. Nothing here touches the network.
 */
export async function judgeSignature(opened: OpenedEnvelope, by: Judgement): Promise<JudgedSignature> {
  const { sound, fault } = opened
  if (sound === undefined) {
    return judged(
      await runChecks(
        CHECKS,
        () => 'enforce',
        () => failed(fault.code, fault.why),
      ),
      {},
    )
  }
  const about = describeSignature(sound)
  const made = await runChecks(
    CHECKS,
    check => actionOf(check, by.enforcement),
    check => make(check, sound, by, about),
  )
  return judged(made, about)
}

/** Checks that no policy speaks of are enforced at every level that makes any. */
function actionOf(check: CheckName, enforcement: Enforcement): Action {
  return check === 'attributes' || check === 'artifact' || check === 'metadata'
    ? 'enforce'
    : enforcement[check]
}

async function make(
  check: CheckName,
  sound: SoundEnvelope,
  by: Judgement,
  about: Described,
): Promise<Finding> {
  switch (check) {
    case 'integrity':
      return passed(`${sound.algorithm} holds`)
    case 'attributes':
      return checkAttributes(sound)
    case 'authenticity':
      return authenticity(sound, by, about)
    case 'expiry':
      return checkExpiry(sound, by.now)
    case 'authenticTimestamp': {
      if (by.key !== undefined) return notConfigured(KEY_ALONE)
      const { finding, used, source } = checkAuthenticTimestamp(sound, by.statement, by.now)
      about.time = { used: formatTime(used), source }
      return finding
    }
    case 'revocation':
      return by.key === undefined ? checkRevocation(sound) : notConfigured(KEY_ALONE)
    case 'artifact':
      return checkArtifact(sound, await by.expected(sound))
    case 'metadata':
      return checkMetadata(sound, by.metadata)
  }
}

const KEY_ALONE = 'the key is trusted by itself: nobody vouches for what its certificates say'

function authenticity(sound: SoundEnvelope, by: Judgement, about: Described): Finding {
  const { finding, trustStore } =
    by.key === undefined ? checkAuthenticity(sound, by.statement, by.stores) : checkKey(sound, by.key)
  if (trustStore !== undefined) about.signer = { ...about.signer!, trustStore }
  return finding
}

function judged({ checks, stopped }: CheckedAll, about: Described): JudgedSignature {
  if (stopped === undefined) return { report: { verdict: 'verified', ...about, checks } }
  const { outcome, reason, error } = stopped
  const verdict = outcome === 'unknown' ? 'unknown' : reason.code === 'METADATA' ? 'denied' : 'notVerified'
  return { report: { verdict, reason, ...about, checks }, ...(error === undefined ? {} : { error }) }
}

function describeSignature(sound: SoundEnvelope): Described {
  const { signingScheme = 'notary.x509', signingTime, expiry } = sound.attributes
  const metadata = signedMetadata(sound)
  const leaf = sound.chain[0]!
  return {
    signed: {
      scheme: signingScheme,
      signingTime: formatTime(signingTime),
      ...(expiry === undefined ? {} : { expiry: formatTime(expiry) }),
      ...(metadata === undefined ? {} : { metadata }),
    },
    signer: {
      subject: formatDistinguishedName(leaf.subject),
      spkiSha256: fingerprint(leaf.publicKey).slice('sha256:'.length),
    },
  }
}

function signedMetadata(sound: SoundEnvelope): Readonly<Record<string, string>> | undefined {
  try {
    return sound.content().annotations
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    // Its own check says what is wrong with the payload.
    return undefined
  }
}
