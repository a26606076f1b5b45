import { fingerprint, isSealwrightError, type SealwrightError, type TargetArtifact } from '@sealwright/core'
import type { Descriptor } from '@sealwright/oci'
import { formatDistinguishedName } from '@sealwright/x509'
import type { EvidenceFilter, FoundEvidence } from '../evidence/attached-evidence.ts'
import { evidenceFilter } from '../evidence/evidence-filter.ts'
import { once } from '../once.ts'
import type { RevocationRule, TimestampRule } from '../policy/policy.ts'
import type { SourceSession } from '../revocation/revocation-sources.ts'
import type { OpenedEnvelope, SoundEnvelope } from '../sound-envelope.ts'
import type { Action, Enforcement, Statement } from '../trust/policy.ts'
import { checkAuthenticity, checkKey, type Vouched } from './authenticity.ts'
import { type Finding, failed, notConfigured, passed, unknown } from './finding.ts'
import { CHECKS, type CheckName, formatTime, type SignatureReport } from './report.ts'
import { checkRevocation, type Moment } from './revocation.ts'
import { type CheckedAll, runChecks } from './run-checks.ts'
import type { StoreIndex } from './store-index.ts'
import { checkAuthenticTimestamp, checkExpiry, checkKeyTime, filteredBy, KEY_ALONE } from './times.ts'

/** What a signature is judged by. */
export interface Judgement {
  readonly statement: Statement
  readonly enforcement: Enforcement
  readonly stores: StoreIndex
  /** Trusted by itself, in place of the statement's stores and identities. */
  readonly key?: Uint8Array | undefined
  readonly now: Moment
  readonly session: SourceSession
  readonly keepCarried?: boolean | undefined
  /** Evidence that is attached to the signature; asked for only where nothing else tells, or to keep it. */
  attached?(accepts: EvidenceFilter): Promise<FoundEvidence>
  /** What the signature must be over; asked for only once the signer is known to be trusted. */
  expected(envelope: SoundEnvelope): Promise<Expected> | Expected
  readonly metadata: Readonly<Record<string, string>>
  readonly timestampRule?: TimestampRule | undefined
  readonly revocationRule?: RevocationRule | undefined
  /** That nobody trusts the signer is known already. */
  readonly untrusted?: Finding | undefined
  /** When trust in the key ends, where one is given. */
  readonly keyEndsAt?: Date | undefined
}

export interface JudgedSignature {
  readonly report: Omit<SignatureReport, 'digest' | 'format'>
  /** Why it cannot be told, where that is a fault of the trust that was given. */
  readonly error?: SealwrightError | undefined
}
type Described = {
  -readonly [Name in Exclude<keyof JudgedSignature['report'], 'verdict' | 'reason' | 'checks'>]?: NonNullable<
    SignatureReport[Name]
  >
}

/**
 * Makes the checks in their order, and stops at the first failure that is enforced. Only a trusted signer's chain leads to
 * the network: authenticity comes first.
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
  const context: Context = { about, vouched: { ...sound, carried: carriedWith(sound, by, about) } }
  const made = await runChecks(
    CHECKS,
    check => actionOf(check, by.enforcement),
    check => make(check, sound, by, context),
  )
  return judged(made, about)
}

/** What the checks of one signature share. */
interface Context {
  readonly about: Described
  readonly vouched: Vouched
  provenAt?: Date | undefined
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
  context: Context,
): Promise<Finding> {
  const { about, vouched } = context
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
      const found = await (by.key === undefined
        ? checkAuthenticTimestamp(vouched, by)
        : checkKeyTime(vouched, by))
      if (found.finding.outcome === 'notConfigured') return found.finding
      about.time = { used: formatTime(found.used), source: found.source }
      if (found.timestamp !== undefined) about.timestamp = found.timestamp
      context.provenAt = found.provenAt
      return found.finding
    }
    case 'revocation': {
      if (by.key !== undefined) return notConfigured(KEY_ALONE)
      const { attributes, chain } = sound
      const byAuthority = attributes.signingScheme === 'notary.x509.signingAuthority'
      const { finding, report } = await checkRevocation(
        chain,
        {
          ...by,
          carried: vouched.carried,
          // Where authenticity is only logged, anybody's CRL would come into the cache.
          keepCarried: by.keepCarried === true && about.signer?.trustStore !== undefined,
        },
        {
          provenAt: context.provenAt,
          authenticSigningTime: byAuthority ? attributes.signingTime : undefined,
        },
      )
      about.revocation = report
      return finding
    }
    case 'artifact':
      return checkArtifact(sound, await by.expected(sound))
    case 'metadata':
      return checkMetadata(sound, by.metadata)
  }
}

/** What is stapled and attached; it is read once, and what was passed over is reported. */
function carriedWith(sound: SoundEnvelope, by: Judgement, about: Described): Vouched['carried'] {
  const { attached } = by
  return once(async () => {
    const { ocsp, crls } = sound.stapled
    if (attached === undefined) return { ocsp, crls, timestamps: [] }
    const { evidence, faults } = await attached(
      evidenceFilter({ ...sound, message: sound.signature, ...filteredBy(by) }),
    )
    if (faults.length > 0) about.evidenceFaults = [...(about.evidenceFaults ?? []), ...faults]
    return {
      ocsp: [...ocsp, ...evidence.ocsp],
      crls: [...crls, ...evidence.crls],
      timestamps: evidence.timestamps.map(token => ({ token, message: sound.signature })),
    }
  })
}

function authenticity(sound: SoundEnvelope, by: Judgement, about: Described): Finding {
  if (by.untrusted !== undefined) return by.untrusted
  const { finding, trustStore } =
    by.key === undefined ? checkAuthenticity(sound, by.statement, by.stores) : checkKey(sound, by.key)
  if (trustStore !== undefined) about.signer = { ...about.signer!, trustStore }
  return finding
}

function judged({ checks, stopped }: CheckedAll, about: Described): JudgedSignature {
  if (stopped === undefined) return { report: { verdict: 'verified', ...about, checks } }
  const { outcome, reason, error } = stopped
  const verdict = outcome === 'unknown' ? 'unknown' : reason.code === 'METADATA' ? 'denied' : 'notVerified'
  return { report: { verdict, reason, ...about, checks }, error }
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
      fingerprint: leaf.fingerprint,
      spkiSha256: fingerprint(leaf.publicKey).slice('sha256:'.length),
    },
    ...(sound.stapledFault === undefined ? {} : { evidenceFaults: [sound.stapledFault] }),
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

const PLUGIN = 'io.cncf.notary.verificationPlugin'
const PLUGIN_VERSION = 'io.cncf.notary.verificationPluginMinVersion'

/**
 * What the signature demands of its verifier. A critical attribute that is not understood fails (specification,
 * "Extended attributes"; notation lets it pass where no plug-in is named). A plug-in that is named might know better than
 * we: without it nothing can be said.
 */
function checkAttributes({ attributes: { extended = [] } }: SoundEnvelope): Finding {
  const plugin = extended.find(attribute => attribute.key === PLUGIN)
  if (plugin !== undefined) {
    if (!plugin.critical)
      return failed('UNSUPPORTED', 'it names a verification plug-in without marking that critical')
    if (typeof plugin.value !== 'string' || plugin.value.trim() === '') {
      return failed('UNSUPPORTED', 'it demands a verification plug-in without naming one')
    }
    return unknown(
      'UNSUPPORTED',
      `it demands the verification plug-in ${JSON.stringify(plugin.value)}, which is not here`,
    )
  }
  // The required version of a plug-in has no meaning without the plug-in, and reveals nothing either.
  const critical = extended.filter(attribute => attribute.critical && attribute.key !== PLUGIN_VERSION)
  if (critical.length === 0) return passed()
  const keys = critical.map(({ key }) => JSON.stringify(key)).join(', ')
  return failed('UNSUPPORTED', `critical attributes that are not understood: ${keys}`)
}

/** What a signature has to be over. A media type is compared only if one is expected. */
type Expected = Pick<Descriptor, 'digest' | 'size'> & { readonly mediaType?: string | undefined }

/** Whether the signature is over the artifact at hand. */
function checkArtifact(envelope: SoundEnvelope, expected: Expected): Finding {
  const content = readContent(envelope)
  if ('outcome' in content) return content
  if (content.digest !== expected.digest) {
    return failed('TAMPERED', `it signs ${content.digest}, not ${expected.digest}`)
  }
  if (content.size !== expected.size)
    return failed('TAMPERED', `it signs ${content.size} bytes, not ${expected.size}`)
  if (expected.mediaType !== undefined && content.mediaType !== expected.mediaType) {
    return failed('TAMPERED', `it signs the type ${content.mediaType}, not ${expected.mediaType}`)
  }
  return passed()
}

/** Whether the signature carries the metadata that was asked for. */
function checkMetadata(envelope: SoundEnvelope, wanted: Readonly<Record<string, string>>): Finding {
  const entries = Object.entries(wanted)
  if (entries.length === 0) return notConfigured('none asked for')
  const content = readContent(envelope)
  if ('outcome' in content) return content
  const { annotations = {} } = content
  const missing = entries.filter(
    ([key, value]) => !Object.hasOwn(annotations, key) || annotations[key] !== value,
  )
  if (missing.length === 0) return passed()
  return failed('METADATA', `not signed: ${missing.map(([key, value]) => `${key}=${value}`).join(', ')}`)
}

function readContent(envelope: SoundEnvelope): TargetArtifact | Finding {
  try {
    return envelope.content()
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return failed('MALFORMED', error.message)
  }
}
