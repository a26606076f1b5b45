import type { AlgorithmId, CallOptions } from '@sealwright/core'
import { type ObtainedTimestamp, requestTimestamp, type TimestampOptions } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { readCertificates } from '../certificates/certificate.ts'
import type { RegistryFlags, TimestampFlags } from '../flags/common-flags.ts'
import { formatTime } from '../runtime/time.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { connectionOf } from '../targets/connection.ts'
import { revocationOptions } from '../trust/network.ts'
import { timestampRoots } from '../trust/store.ts'

/** Where the signatures of a run get their timestamps. */
export interface Timestamps {
  /** Of the authorities that are trusted. */
  readonly roots: readonly Certificate[]
  /** Returns a timestamp over a message, verified. Authorities that failed before one answered are warned of. */
  over(message: Uint8Array, signature: TimestampedSignature): Promise<ObtainedTimestamp>
}

interface TimestampedSignature {
  readonly algorithm: AlgorithmId
  /** The signer's; empty for a key alone. */
  readonly chain: readonly Certificate[]
  readonly call: CallOptions
}

/** How a timestamp is shown in the documents of commands that sign. */
export function describeTimestamp({ genTime, chain, url }: ObtainedTimestamp): {
  readonly time: string
  readonly authority: string
  readonly url: string
} {
  return { time: formatTime(genTime), authority: formatDistinguishedName(chain[0]!.subject), url }
}

/**
 * Returns the timestamps of a run: by the authorities of `--timestamp`, else by those of the configuration; `undefined` where
 * none is named.
 *
 * @throws {@link SealwrightError} `VALIDATION` where no root is trusted, and for flags that do not go together.
 */
export async function openTimestamps(
  session: Session,
  flags: TimestampFlags & Pick<RegistryFlags, 'caFile'>,
): Promise<Timestamps | undefined> {
  const urls = [...new Set(await authoritiesOf(session, flags))]
  if (urls.length === 0) return undefined
  const roots = await rootsOf(session, flags)
  const settings = await session.settings()
  const fetch = (await connectionOf(session, flags)) as TimestampOptions['fetch']
  const revocation = await revocationOptions(session, flags)
  const failed = new Set<string>()
  return {
    roots,
    over: async (message, { algorithm, chain, call }) => {
      const allowedMs = Math.min(settings.timeoutMs ?? Number.POSITIVE_INFINITY, call.timeoutMs!)
      const endsAt = performance.now() + allowedMs
      // One that failed is tried last from then on: a batch does not wait for it again and again.
      const ordered = urls.toSorted((one, other) => Number(failed.has(one)) - Number(failed.has(other)))
      session.step(`timestamp by ${ordered[0]}`)
      const obtained = await session.dialogue.waiting('the timestamp', () =>
        requestTimestamp(message, {
          fetch,
          urls: ordered,
          roots,
          algorithm,
          chain,
          revocation,
          clock: session.io.now,
          remainingMs: () => endsAt - performance.now(),
          signal: call.signal,
        }),
      )
      for (const { url, why } of obtained.failures) {
        if (!failed.has(url)) session.warn(`timestamp authority ${url} failed: ${why}`)
        failed.add(url)
      }
      return obtained
    },
  }
}

/** Whether a timestamp authority is asked, by flag or configuration: what `--ca-file` is for besides registries. */
export async function asksAuthorities(
  session: Session,
  { timestamp, caFile }: TimestampFlags & Pick<RegistryFlags, 'caFile'>,
): Promise<boolean> {
  if (timestamp !== undefined) return timestamp.some(url => url !== 'none')
  return caFile !== undefined && (await session.settings()).timestamp.length > 0
}

async function authoritiesOf(session: Session, flags: TimestampFlags): Promise<readonly string[]> {
  const { timestamp, timestampRoot } = flags
  const settings = await session.settings()
  const named = timestamp ?? settings.timestamp
  const isOff = named.includes('none')
  if (isOff && named.length > 1) {
    throw usageError('--timestamp none cannot be used with other authorities', {
      why: 'it says that signatures get no timestamp',
      fix: 'leave one of them out',
    })
  }
  const urls = isOff ? [] : named
  if (urls.length === 0 && timestampRoot !== undefined) {
    throw usageError('--timestamp-root has no effect without --timestamp', {
      why: 'it says which timestamp authorities are trusted, and none is named',
      fix: 'add --timestamp URL',
    })
  }
  if (urls.length > 0 && session.flags.offline) {
    const from =
      timestamp === undefined ? `the timestamp authority of ${settings.paths.config}` : '--timestamp'
    throw usageError(`${from} and --offline cannot be used together`, {
      why: 'a timestamp is made by an authority on the network',
      fix: timestamp === undefined ? 'sign without one: --timestamp none' : 'leave one of them out',
    })
  }
  return urls
}

async function rootsOf(session: Session, { timestampRoot }: TimestampFlags): Promise<readonly Certificate[]> {
  if (timestampRoot !== undefined) {
    const given = await readCertificates(timestampRoot, session.io.cwd)
    const other = given.find(({ selfSigned }) => !selfSigned)
    if (other === undefined) return given
    throw usageError(`${timestampRoot} holds a certificate that is not a root`, {
      why: `${formatDistinguishedName(other.subject)} is issued by ${formatDistinguishedName(other.issuer)}`,
      fix: 'give the root certificates of the timestamp authorities alone',
    })
  }
  const { trust } = (await session.settings()).paths
  const { roots, faults } = await timestampRoots(trust)
  for (const fault of faults) session.warn(fault)
  if (roots.length > 0) return roots
  throw usageError('no timestamp authority is trusted', {
    why: `${trust} has no tsa: store that can be used, so that no timestamp could be verified`,
    fix: 'name its root for this run, --timestamp-root FILE, or keep it: sealwright cert add tsa:NAME ROOT.crt',
  })
}
