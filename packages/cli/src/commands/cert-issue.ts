import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
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
import { describeCertificate } from '../certificates/describe.ts'
import { assertOut, requiredSubject } from '../certificates/out.ts'
import { readCertificates } from '../certificates/read.ts'
import { validityFrom } from '../certificates/validity.ts'
import { MAX_FILE_BYTES } from '../config/read-if-present.ts'
import { writeNamedFile } from '../config/replace-file.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { readNamed } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import { findChain } from '../keys/chain.ts'
import { isKeyName } from '../keys/key-name.ts'
import { type Keys, openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'

interface CertIssueFlags extends KeyFlags {
  readonly subject?: string
  readonly subjectFromRequest?: true
  readonly ca?: string
  readonly caChain?: string
  readonly caCert?: true
  readonly expiry?: number
  readonly out?: string
}

const DEFAULT_EXPIRY_MS = 90 * 86_400_000

/** `sealwright cert issue (KEY|CSR) [--ca KEY --ca-chain FILE]` */
export async function certIssue(
  context: Context,
  [text = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as CertIssueFlags
  assertOut(context, flags.out)
  if (flags.caChain !== undefined && flags.ca === undefined) {
    throw usageError('--ca-chain needs --ca', {
      why: 'the certificate of a CA signs nothing; its key does',
      fix: 'add --ca KEY',
    })
  }
  await using keys = await openKeys(context, flags)
  const request = await readRequest(context, keys, text)
  if (request !== undefined && flags.ca === undefined) {
    throw usageError(`${text} is a request, and no CA is named to answer it`, {
      why: 'only the key itself could sign its own certificate, and a request holds the public half',
      fix: 'add --ca KEY --ca-chain FILE',
    })
  }
  assertSubjectFlags(flags, request !== undefined)
  const made = await issue(context, keys, text, request, flags)
  const toFile = flags.out !== undefined && flags.out !== '-' ? flags.out : undefined
  const same = (existing: Uint8Array): boolean => isSame(existing, made, context.io.now())
  const written =
    toFile !== undefined && (await writeNamedFile(context, toFile, encodeCertificates(made), same))
  const chain = toFile === undefined || written ? made : await readCertificates(toFile, context.io.cwd)
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

async function issue(
  context: Context,
  keys: Keys,
  text: string,
  request: CertificateRequest | undefined,
  flags: CertIssueFlags,
): Promise<readonly Certificate[]> {
  const validity = validityFrom(context.io.now(), flags.expiry ?? DEFAULT_EXPIRY_MS)
  const common = { ...validity, ca: flags.caCert === true, requireIdentity: true }
  if (flags.ca === undefined) {
    const subject = requiredSubject(flags.subject, 'cert issue')
    await using signer = await openFor(keys, text)
    const signal = await context.deadline()
    return [
      await context.dialogue.waiting('the certificate', () =>
        issueCertificate({ ...common, signer, subject, signal }),
      ),
    ]
  }
  const subject = subjectOf(request, flags)
  const publicKey = request?.publicKey ?? (await publicKeyOf(keys, text))
  const ca = await keys.select(flags.ca)
  await using signer = await keys.open(ca, certificateSigningAlgorithm)
  const caChain = await findChain(context, { signer, kept: ca.kept, file: flags.caChain })
  if (caChain === undefined) {
    throw usageError(`the certificate of CA ${ca.label} is missing`, {
      why: 'neither its store nor the configuration holds one',
      fix: '--ca-chain FILE',
    })
  }
  const [issuer] = caChain as readonly [Certificate]
  const signal = await context.deadline()
  const certificate = await context.dialogue.waiting('the certificate', () =>
    issueCertificate({ ...common, signer, issuer, subject, publicKey, signal }),
  )
  return [certificate, ...caChain]
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
    why: `whoever made the request asks for ${asked}; whom a certificate names is for the CA to say`,
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
  { io }: Context,
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

/** Whether a file holds a certificate that would do: same key, subject and issuer, and valid now. */
function isSame(existing: Uint8Array, [wanted]: readonly Certificate[], now: Date): boolean {
  try {
    const [found] = parseCertificates(existing, 'certificate')
    return (
      found !== undefined &&
      wanted !== undefined &&
      Buffer.compare(found.publicKey, wanted.publicKey) === 0 &&
      Buffer.compare(found.rawSubject, wanted.rawSubject) === 0 &&
      Buffer.compare(found.rawIssuer, wanted.rawIssuer) === 0 &&
      found.basicConstraints?.ca === wanted.basicConstraints?.ca &&
      found.notAfter.getTime() - found.notBefore.getTime() ===
        wanted.notAfter.getTime() - wanted.notBefore.getTime() &&
      found.notAfter > now
    )
  } catch {
    return false
  }
}
