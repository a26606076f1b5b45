import { type AlgorithmId, isSealwrightError, keyType, SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor, StoreCall } from '@sealwright/oci'
import { holdsUnder } from '@sealwright/sigstore'
import {
  type Certificate,
  checkChain,
  parseCertificate,
  readTimestampToken,
  verifyTimestampToken,
} from '@sealwright/x509'
import { type FoundAttestation, findAttestations } from '../attestation/find-attestations.ts'
import { openAttestation } from '../attestation/open-attestation.ts'
import { bindingFor } from '../binding.ts'
import { ChainCache } from '../chain-cache.ts'
import { type FoundSignature, findSignatures, readEnvelope } from '../find-signatures.ts'
import type { RevocationCall } from '../revocation/revocation-sources.ts'
import { openEnvelope, type TimestampClaim } from '../sound-envelope.ts'
import { completed } from '../verify/known-chains.ts'
import { attachEvidence, readEvidence } from './attached-evidence.ts'
import type { CollectedStatement, EvidenceCollector } from './collect-evidence.ts'
import { mergeEvidence, type SignatureEvidence } from './evidence.ts'

export interface StapleOptions extends RevocationCall {
  readonly collector: EvidenceCollector
  /**
   * Self-signed certificates that chains of timestamp authorities may end in, besides those that tokens carry. Evidence
   * needs no trust: these only complete chains. Default: none.
   */
  readonly roots?: readonly Certificate[] | undefined
  /**
   * Makes a timestamp over each signature, verified: {@link requestTimestamp}. It proves from then on that the signature
   * existed. Nothing is added where it returns nothing. Default: none is made.
   */
  readonly timestamp?: ((signature: TimestampedSignature) => Promise<NewTimestamp | undefined>) | undefined
  /**
   * Also attestations by certificates, whose chains `roots` may complete. Default: signatures alone.
   */
  readonly attestations?: boolean | undefined
  /** More signatures than this are `UNSUPPORTED`, and so are more attestations. Default 100. */
  readonly maxSignatures?: number | undefined
}

/** What a timestamp is requested for. */
export interface TimestampedSignature {
  /** The raw signature, which the timestamp is over. */
  readonly bytes: Uint8Array
  readonly algorithm: AlgorithmId
  readonly chain: readonly Certificate[]
  /** The timestamps that it has, not judged: its own, and those that are attached. */
  readonly timestamps: readonly TimestampClaim[]
}

export interface NewTimestamp {
  /** DER RFC 3161 TimeStampToken. */
  readonly token: Uint8Array
  /** Of the authority, leaf first, root last. */
  readonly chain: readonly Certificate[]
}

/** What became of one signature or attestation. */
export interface StapleReport {
  readonly kind: 'signature' | 'attestation'
  /** Of the manifest that attaches it. */
  readonly digest: string
  /**
   * `attached`: new evidence was stored. `unchanged`: all that was collected was attached before. `nothing`: nothing could be
   * collected, or no certificate names a source. `failed`: `error` says why.
   */
  readonly status: 'attached' | 'unchanged' | 'nothing' | 'failed'
  /** The manifest that was stored. */
  readonly evidence?: Descriptor
  /** Of the signing chain, and of the chain of each timestamp authority: what each source says, and what could not be had. */
  readonly statuses: readonly CollectedStatement[]
  /** Why nothing was collected for a timestamp of the signature. */
  readonly faults: readonly string[]
  readonly error?: SealwrightError
}

const MAX_SIGNATURES = 100

/**
 * Collects current evidence for every signature of an artifact, whoever made it, and attaches it. No envelope is changed,
 * and no signature is trusted for it: hosts that strangers' certificates name are asked.
 *
 * @param subject - As resolved from the store.
 * @returns In the order of the store. What goes wrong with one signature is in its report.
 * @throws {@link SealwrightError} of the store where it cannot list the signatures; `UNSUPPORTED` beyond the limit; the
 *   reason of the signal.
 *
 * @example
 * ```ts
 * import { createEvidenceCollector, publicLookup, stapleSignatures } from '@sealwright/notary'
 * import { layoutDirectory } from '@sealwright/oci'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const artifacts = layoutDirectory('image')
 * const collector = createEvidenceCollector({ fetch: httpFetch({ lookup: publicLookup() }) })
 * const reports = await stapleSignatures(artifacts, await artifacts.resolve('v1'), { collector })
 * for (const { digest, status } of reports) console.log(digest, status)
 * ```
 */
export async function stapleSignatures(
  store: ArtifactStore,
  subject: Descriptor,
  options: StapleOptions,
): Promise<readonly StapleReport[]> {
  const { signal } = options
  const call = { signal }
  const reports: StapleReport[] = []
  // Listed before anything is attached: a store may change under its own listing.
  for (const { kind, manifest: subjectOf, read } of await listTargets(store, subject, options)) {
    const about: About = { kind, digest: subjectOf.digest, statuses: [], faults: [] }
    try {
      const evidence = await collect(
        await withAttached(store, subjectOf, await read(), options),
        options,
        about,
      )
      const isEmpty = Object.values(evidence).every(({ length }) => length === 0)
      const { manifest } = isEmpty
        ? {}
        : await attachEvidence(store, subjectOf, evidence, { ...call, created: latest(about.statuses) })
      const status = isEmpty ? 'nothing' : manifest === undefined ? 'unchanged' : 'attached'
      reports.push({ ...about, status, ...(manifest === undefined ? {} : { evidence: manifest }) })
    } catch (error) {
      if (!isSealwrightError(error) || signal?.aborted === true) throw error
      reports.push({ ...about, status: 'failed', error })
    }
  }
  return reports
}

/** By its statements, so that the same evidence is the same manifest wherever it is attached. */
function latest(statuses: readonly CollectedStatement[]): Date | undefined {
  const last = statuses
    .flatMap(({ thisUpdate }) => thisUpdate ?? [])
    .toSorted()
    .at(-1)
  return last === undefined ? undefined : new Date(last)
}

interface About extends Pick<StapleReport, 'kind' | 'digest'> {
  readonly statuses: CollectedStatement[]
  readonly faults: string[]
}

/** A signature or an attestation, not read yet. */
interface Target extends Pick<StapleReport, 'kind'> {
  readonly manifest: Descriptor
  /** Nothing for one that no certificate vouches for. */
  read(): Promise<TimestampedSignature | undefined>
}

async function listTargets(
  store: ArtifactStore,
  subject: Descriptor,
  { signal, roots = [], attestations = false, maxSignatures: limit = MAX_SIGNATURES }: StapleOptions,
): Promise<readonly Target[]> {
  const call = { signal }
  const chains = new ChainCache()
  const signatures: Target[] = []
  for await (const found of findSignatures(store, subject, { ...call, limit })) {
    const read = () => readSignature(store, found, chains, call)
    signatures.push({ kind: 'signature', manifest: found.manifest, read })
  }
  const others: Target[] = []
  for await (const found of attestations ? findAttestations(store, subject, call) : []) {
    if (others.length === limit)
      throw new SealwrightError(
        'UNSUPPORTED',
        `${store.name} holds more than ${limit} attestations of ${subject.digest}`,
      )
    const read = () => readAttestation(store, found, roots, call)
    others.push({ kind: 'attestation', manifest: found.manifest, read })
  }
  return [...signatures, ...others]
}

async function readSignature(
  store: ArtifactStore,
  { envelope, fault }: FoundSignature,
  chains: ChainCache,
  call: StoreCall,
): Promise<TimestampedSignature> {
  if (envelope === undefined) throw fault
  const binding = bindingFor(envelope.mediaType)
  if (binding === undefined) throw notSound(`its format is ${JSON.stringify(envelope.mediaType)}`)
  const { sound, fault: unsound } = openEnvelope(binding, await readEnvelope(store, envelope, call), chains)
  if (sound === undefined) throw notSound(unsound.why)
  const { signature: bytes, algorithm, chain, timestamps } = sound
  return { bytes, algorithm, chain, timestamps }
}

async function readAttestation(
  store: ArtifactStore,
  { envelope, fault }: FoundAttestation,
  roots: readonly Certificate[],
  call: StoreCall,
): Promise<TimestampedSignature | undefined> {
  if (envelope === undefined) throw fault ?? notSound('its manifest has no envelope')
  const opened = openAttestation(envelope.mediaType, await readEnvelope(store, envelope, call))
  const [bytes] = opened.signatures
  if (opened.certificates === undefined || bytes === undefined) return undefined
  const own = opened.certificates.map((der, index) => parseCertificate(der, `certificate ${index + 1}`))
  const { publicKey } = own[0]!
  const algorithm = holdsUnder({ type: keyType(publicKey), key: publicKey }, opened.toBeSigned, bytes)
  if (algorithm === undefined) throw notSound('its signature does not match its certificate')
  const chain = completed(own, roots)
  const faults = checkChain(chain, { purpose: 'codeSigning' })
  if (faults.length > 0) throw notSound(faults.map(({ message }) => message).join('; '))
  return { bytes, algorithm, chain, timestamps: opened.timestamps }
}

/** Timestamps that others attached count where a new one may be made: their authority needs no second one. */
async function withAttached(
  store: ArtifactStore,
  manifest: Descriptor,
  target: TimestampedSignature | undefined,
  { timestamp, signal }: StapleOptions,
): Promise<TimestampedSignature | undefined> {
  if (target === undefined || timestamp === undefined) return target
  const { evidence } = await readEvidence(store, manifest, { signal })
  const attached = evidence.timestamps.map(token => ({ token, message: target.bytes }))
  return { ...target, timestamps: [...target.timestamps, ...attached] }
}

/** Collects for the signing chain and the timestamp authorities; `about` gains what is worth reporting. */
async function collect(
  target: TimestampedSignature | undefined,
  options: StapleOptions,
  about: About,
): Promise<SignatureEvidence> {
  if (target === undefined) return mergeEvidence()
  const { timestamps } = target
  const { collector, timestamp, ...call } = options
  const made = await timestamp?.(target)
  const authorities = timestamps.flatMap(claim => authorityOf(claim, options, about.faults))
  const parts: Partial<SignatureEvidence>[] = made === undefined ? [] : [{ timestamps: [made.token] }]
  for (const chain of distinct([target.chain, ...authorities, ...(made ? [made.chain] : [])])) {
    const { evidence, statuses } = await collector.collect(chain, call)
    about.statuses.push(...statuses)
    parts.push(evidence)
  }
  return mergeEvidence(...parts)
}

/** The chain of the authority that made a token; none where it cannot be told. */
function authorityOf(
  { token: der, message }: TimestampClaim,
  { roots = [] }: StapleOptions,
  faults: string[],
): readonly (readonly Certificate[])[] {
  try {
    const token = readTimestampToken(der)
    const own = token.certificates.filter(({ selfSigned }) => selfSigned)
    return [verifyTimestampToken(token, { message, roots: [...roots, ...own] }).chain]
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    faults.push(`a timestamp: ${error.why === undefined ? error.message : `${error.message}: ${error.why}`}`)
    return []
  }
}

function distinct(chains: readonly (readonly Certificate[])[]): Iterable<readonly Certificate[]> {
  return new Map(chains.map(chain => [chain[0]!.fingerprint, chain])).values()
}

function notSound(why: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the signature cannot be read', { why })
}
