import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Signer } from '@sealwright/core'
import { decodePem, shellQuote } from '@sealwright/core/encoding'
import {
  type Certificate,
  type CertificateRequest,
  certificateSigningAlgorithm,
  encodeCertificates,
  formatDistinguishedName,
  issueCertificate,
  parseCertificateRequest,
  parseCertificates,
} from '@sealwright/x509'
import { describeCertificate, readCertificates, validityFrom } from '../../certificates/certificate.ts'
import { isKeyName } from '../../config/key-name.ts'
import { type Keys, openKeys } from '../../keys/keys.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { MAX_FILE_BYTES, readNamed } from '../../runtime/read-all.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { writeNamedFile } from '../../session/write-named-file.ts'
import { openCa } from './ca.ts'
import { assertOut, requiredSubject } from './request.ts'
import type { CertIssueFlags } from './spec.ts'

const DEFAULT_EXPIRY_MS = 90 * 86_400_000

/** `sealwright cert issue (KEY|CSR) [--ca KEY --ca-chain FILE]` */
export async function certIssue(
  session: Session,
  [text]: readonly [string],
  flags: CertIssueFlags,
): Promise<Outcome> {
  assertOut(session, flags.out)
  if (flags.caChain !== undefined && flags.ca === undefined) {
    throw usageError('--ca-chain needs --ca', {
      why: 'the certificate of a CA signs nothing; its key does',
      fix: 'add --ca KEY',
    })
  }
  assertExtensionFlags(flags)
  await using keys = await openKeys(session, flags)
  const request = await readRequest(session, keys, text)
  if (request !== undefined && flags.ca === undefined) {
    throw usageError(`${text} is a request, and no CA is named to answer it`, {
      why: 'only the key itself could sign its own certificate, and a request holds the public half',
      fix: 'add --ca KEY --ca-chain FILE',
    })
  }
  assertSubjectFlags(flags, request !== undefined)
  const made = await issue(session, keys, { text, request, flags })
  const toFile = flags.out !== undefined && flags.out !== '-' ? flags.out : undefined
  const same = (existing: Uint8Array): boolean => isSame(existing, made, session.io.now())
  const written =
    toFile !== undefined &&
    (await writeNamedFile(session, toFile, encodeCertificates(made), { isSame: same }))
  const chain = toFile === undefined || written ? made : await readCertificates(toFile, session.io.cwd)
  const certificate = describeCertificate(chain[0] as Certificate)
  const pem = encodeCertificates(chain)
  if (toFile === undefined)
    return { exitCode: 0, document: { certificate, file: null, pem }, lines: [], raw: pem }
  const what = `a certificate for ${certificate.subject}, valid to ${certificate.notAfter}`
  return {
    exitCode: 0,
    document: { certificate, file: toFile, pem },
    lines: [written ? `wrote ${toFile}: ${what}` : `nothing to do: ${toFile} is ${what}`],
  }
}

/** Flags about extensions that the certificate would not have. */
function assertExtensionFlags({ ca, caCert, pathLength, crlUrl, ocspUrl }: CertIssueFlags): void {
  if (pathLength !== undefined && !caCert) {
    throw usageError('--path-length needs --ca-cert', {
      why: 'it limits how many CA certificates are between a CA and a signer; a signer issues none',
      fix: 'add --ca-cert, or leave it out',
    })
  }
  if ((crlUrl ?? ocspUrl) !== undefined && ca === undefined) {
    throw usageError(`${crlUrl ? '--crl-url' : '--ocsp-url'} needs --ca`, {
      why: 'only a CA revokes what it has issued; verifiers do not look for the revocation of a self-signed certificate',
      fix: 'add --ca KEY, or leave it out',
    })
  }
}

async function issue(
  session: Session,
  keys: Keys,
  {
    text,
    request,
    flags,
  }: {
    readonly text: string
    readonly request: CertificateRequest | undefined
    readonly flags: CertIssueFlags
  },
): Promise<readonly Certificate[]> {
  const validity = validityFrom(session.io.now(), flags.expiry ?? DEFAULT_EXPIRY_MS)
  const common = {
    ...validity,
    ca: flags.caCert === true,
    pathLength: flags.pathLength,
    requireIdentity: true,
  }
  if (flags.ca === undefined) {
    const subject = requiredSubject(flags.subject, 'cert issue')
    await using signer = await openFor(keys, text)
    const signal = await session.deadline()
    return [
      await session.dialogue.waiting('the certificate', () =>
        issueCertificate({ ...common, signer, subject, signal }),
      ),
    ]
  }
  const subject = subjectOf(request, flags)
  const publicKey = request?.publicKey ?? (await publicKeyOf(keys, text))
  const { signer, issuer, above } = await openCa(session, keys, { key: flags.ca, chain: flags.caChain })
  await using _signer = signer
  const signal = await session.deadline()
  const certificate = await session.dialogue.waiting('the certificate', () =>
    issueCertificate({
      ...common,
      signer,
      issuer,
      issuerChain: above,
      subject,
      publicKey,
      crlUrls: flags.crlUrl,
      ocspUrls: flags.ocspUrl,
      signal,
    }),
  )
  return [certificate, issuer, ...above]
}

/** Whom the certificate is for: the CA says it, or says that the request may. */
function subjectOf(
  request: CertificateRequest | undefined,
  { subject, subjectFromRequest }: CertIssueFlags,
): string | Uint8Array {
  if (request === undefined || subject !== undefined) return requiredSubject(subject, 'cert issue')
  if (subjectFromRequest) return request.rawSubject
  const asked = formatDistinguishedName(request.subject)
  throw usageError('--subject is missing', {
    why: `the request asks for ${asked}; the CA decides the subject of a certificate`,
    fix: `add --subject ${shellQuote(asked)}, or --subject-from-request to take what it asks for`,
  })
}

function assertSubjectFlags({ subject, subjectFromRequest }: CertIssueFlags, isRequest: boolean): void {
  if (!subjectFromRequest) return
  if (subject !== undefined) {
    throw usageError('--subject and --subject-from-request cannot be used together', {
      why: 'a certificate has one subject',
      fix: 'leave one of the two out',
    })
  }
  if (isRequest) return
  throw usageError('--subject-from-request has no effect: no request was given', {
    why: 'a key has no subject of its own',
    fix: 'write --subject "C=DE,ST=Hessen,O=Acme,CN=release"',
  })
}

async function openFor(keys: Keys, text: string): Promise<Signer> {
  return keys.open(await keys.select(text), certificateSigningAlgorithm)
}

async function publicKeyOf(keys: Keys, text: string): Promise<Uint8Array> {
  await using signer = await openFor(keys, text)
  return signer.key.publicKey
}

/** The request in a file; `undefined` for a key. A key's name comes first: a file is also `./NAME`. */
async function readRequest(
  { io }: Session,
  { lock }: Keys,
  text: string,
): Promise<CertificateRequest | undefined> {
  const isKey = isKeyName(text) ? text in lock.keys : text.includes(':')
  const path = resolve(io.cwd, text)
  if (isKey || (!existsSync(path) && !isFileName(text))) return undefined
  const bytes = await readNamed(text, io.cwd, MAX_FILE_BYTES)
  if (bytes[0] === 0x30) return parseCertificateRequest(bytes, text)
  const block = decodePem(Buffer.from(bytes).toString('latin1'), text).find(({ label }) =>
    /^(NEW )?CERTIFICATE REQUEST$/.test(label),
  )
  if (block === undefined) {
    throw usageError(`${text} holds no certificate request`, {
      why: 'a request is PEM with BEGIN CERTIFICATE REQUEST, or DER',
      fix: 'sealwright cert request KEY --subject DN --out FILE',
    })
  }
  return parseCertificateRequest(block.bytes, text)
}

/** Whether a text can mean a file alone: a folder is named, or the usual end of a request. */
function isFileName(text: string): boolean {
  return !text.includes(':') && /[\\/]|\.(?:csr|req|p10)$/i.test(text)
}

function limits({ basicConstraints, crlUrls, ocspUrls }: Certificate): unknown {
  return [basicConstraints?.ca, basicConstraints?.pathLength, crlUrls, ocspUrls]
}

/** Whether a file holds a certificate that would do: same key, names, extensions and duration, and valid now. */
function isSame(existing: Uint8Array, [wanted]: readonly Certificate[], now: Date): boolean {
  try {
    const [found] = parseCertificates(existing, 'certificate')
    return (
      found !== undefined &&
      wanted !== undefined &&
      Buffer.compare(found.publicKey, wanted.publicKey) === 0 &&
      Buffer.compare(found.rawSubject, wanted.rawSubject) === 0 &&
      Buffer.compare(found.rawIssuer, wanted.rawIssuer) === 0 &&
      isDeepStrictEqual(limits(found), limits(wanted)) &&
      found.notAfter.getTime() - found.notBefore.getTime() ===
        wanted.notAfter.getTime() - wanted.notBefore.getTime() &&
      found.notAfter > now
    )
  } catch {
    return false
  }
}
