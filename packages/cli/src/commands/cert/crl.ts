import { resolve } from 'node:path'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { decodePem, encodePem, shellQuote } from '@sealwright/core/encoding'
import { readRegularFileIfPresent, writeFileAtomic } from '@sealwright/core/files'
import {
  type Certificate,
  type Crl,
  type CrlEntry,
  formatDistinguishedName,
  issueCrl,
  MAX_CRL_BYTES,
  readCrl,
} from '@sealwright/x509'
import { locked } from '../../config/locked.ts'
import { openKeys } from '../../keys/keys.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { formatTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { openCa } from './ca.ts'
import type { CrlDocument } from './document.ts'
import type { CertCrlFlags, CrlFlags } from './spec.ts'

const LABEL = 'X509 CRL'
/** A PEM file of more bytes is not read. */
const MAX_PEM_BYTES = 4 * 1024 * 1024
const DEFAULT_NEXT_UPDATE_MS = 30 * 86_400_000

/** `sealwright cert crl --ca KEY --out FILE` */
export async function certCrl(session: Session, _: readonly [], flags: CertCrlFlags): Promise<Outcome> {
  const file = flags.out
  if (file === undefined || file === '-') {
    throw usageError('--out is missing', {
      why: 'the file is also the list of what the CA has revoked, and each CRL is made from the last one',
      fix: 'add --out FILE',
    })
  }
  const { crl, isNew } = await nextCrl(session, flags, file, ({ previous }) => previous?.entries() ?? [])
  return {
    exitCode: 0,
    document: { crl, file },
    lines: [`${isNew ? 'wrote' : 'renewed'} ${file}: ${crlText(crl)}`],
  }
}

/**
 * Replaces the CRL in a file by the next one of the CA: with the next number, and the entries that `revoke` returns. If it
 * returns `undefined`, the file is kept. Two runs on one file wait for each other.
 *
 * @throws {@link SealwrightError} `VALIDATION` or `INTEGRITY` for a file that is not a complete CRL of this CA: it is never
 * replaced.
 */
export async function nextCrl(
  session: Session,
  flags: CrlFlags,
  file: string,
  revoke: (ca: { issuer: Certificate; previous: Crl | undefined }) => Iterable<CrlEntry> | undefined,
): Promise<{ readonly crl: CrlDocument; readonly isNew: boolean }> {
  if (flags.ca === undefined) {
    throw usageError('--ca is missing', { why: 'the key of the CA signs its CRL', fix: 'add --ca KEY' })
  }
  await using keys = await openKeys(session, flags)
  const { signer, issuer } = await openCa(session, keys, { key: flags.ca, chain: flags.caChain })
  await using _signer = signer
  const path = resolve(session.io.cwd, file)
  return await locked(session.io, path, async () => {
    const signal = await session.deadline()
    const bytes = await readRegularFileIfPresent(path, MAX_CRL_BYTES)
    const isPem = bytes === undefined ? flags.pem === true : bytes[0] !== 0x30
    const previous =
      bytes && (await readPrevious(isPem ? derOf(bytes, file) : bytes, { file, issuer, signal }))
    const revoked = revoke({ issuer, previous })
    if (revoked === undefined && previous !== undefined) return { crl: describe(previous), isNew: false }
    const thisUpdate = new Date(Math.floor(session.io.now().getTime() / 1000) * 1000)
    if (previous !== undefined && previous.thisUpdate > thisUpdate) {
      throw usageError(`${file} is from the future: ${formatTime(previous.thisUpdate)}`, {
        why: `the clock of this machine shows ${formatTime(thisUpdate)}, and verifiers would keep the CRL with the later time`,
        fix: 'set the clock',
      })
    }
    const crl = await session.dialogue.waiting('the CRL', () =>
      issueCrl({
        signer,
        issuer,
        number: (previous?.number ?? 0n) + 1n,
        thisUpdate,
        nextUpdate: new Date(thisUpdate.getTime() + (flags.nextUpdate ?? DEFAULT_NEXT_UPDATE_MS)),
        revoked: revoked ?? [],
        freshestCrlUrls: previous?.freshestCrlUrls,
        signal,
      }),
    )
    await writeFileAtomic(path, isPem ? pemOf(crl, file) : crl.der, { mode: 0o644 })
    return { crl: describe(crl), isNew: previous === undefined }
  })
}

async function readPrevious(
  der: Uint8Array,
  {
    file,
    issuer,
    signal,
  }: { readonly file: string; readonly issuer: Certificate; readonly signal: AbortSignal },
): Promise<Crl> {
  const kept = `${file} is kept: it is also the list of what the CA has revoked`
  try {
    const crl = await readCrl(der, { issuer, signal })
    if (crl.baseNumber === undefined && crl.scope === undefined) return crl
  } catch (error) {
    if (!isSealwrightError(error) || (error.code !== 'VALIDATION' && error.code !== 'INTEGRITY')) throw error
    throw new SealwrightError(
      error.code,
      `${file} is not a CRL of ${formatDistinguishedName(issuer.subject)}`,
      {
        why: `${error.message}; ${kept}`,
        fix: 'name the CRL that this CA issued last, or a file that does not exist yet',
      },
    )
  }
  throw usageError(`${file} is not a complete CRL`, {
    why: `it is a delta CRL, or about some certificates only (issuingDistributionPoint); ${kept}`,
    fix: 'name a CRL of all certificates that this CA revoked',
  })
}

function derOf(bytes: Uint8Array, file: string): Uint8Array {
  const blocks = decodePem(bytes, file).filter(({ label }) => label === LABEL)
  if (blocks.length === 1) return blocks[0]!.bytes
  throw usageError(`${file} holds ${blocks.length === 0 ? 'no CRL' : 'several CRLs'}`, {
    why: 'it is also the list of what the CA has revoked, and is kept',
    fix: 'name the CRL that this CA issued last, or a file that does not exist yet',
  })
}

function pemOf({ der }: Crl, file: string): string {
  const pem = encodePem(LABEL, der)
  if (pem.length <= MAX_PEM_BYTES) return pem
  throw usageError(`the CRL is too large for PEM`, {
    why: `it would have ${pem.length} bytes, and PEM of more than ${MAX_PEM_BYTES} is not read`,
    fix: `convert it: openssl crl -in ${shellQuote(file)} -outform DER -out FILE`,
  })
}

function describe({ issuer, number, thisUpdate, nextUpdate, size }: Crl): CrlDocument {
  return {
    issuer: formatDistinguishedName(issuer.subject),
    number: String(number ?? 0n),
    thisUpdate: formatTime(thisUpdate),
    nextUpdate: formatTime(nextUpdate),
    revoked: size,
  }
}

export function crlText({ issuer, number, nextUpdate, revoked }: CrlDocument): string {
  const what = revoked === 1 ? '1 certificate is' : `${revoked} certificates are`
  return `CRL ${number} of ${issuer}, on which ${what} revoked; renew and publish it before ${nextUpdate}`
}
