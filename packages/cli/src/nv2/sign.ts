import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Envelope, type SealOptions, type Signer, seal } from '@sealwright/core'
import {
  type Nv2Attributes,
  type Nv2Content,
  type Nv2Form,
  nv2,
  nv2First,
  nv2Jwt,
  nv2SignerFault,
  openNv2,
} from '@sealwright/nv2'
import { parseReference } from '@sealwright/oci'
import { readCertificates } from '../certificates/certificate.ts'
import { isKeyName } from '../config/key-name.ts'
import { type Keys, openKeys } from '../keys/keys.ts'
import { EXIT } from '../runtime/exit.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { assertAllowed, assertAllowedAlgorithm } from '../signatures/rules.ts'
import { assertManifestFlags, readSignedManifest } from './manifest.ts'
import type { SignFlags } from './program.ts'
import { pushSignature } from './push.ts'
import { warnOfModel } from './refused.ts'
import { openRemote } from './remote.ts'
import { writeSignature } from './signature-file.ts'
import { type ManifestUri, parseManifestUri, parseRemoteUri, type RemoteUri } from './uri.ts'

/** `nv2 sign --method x509 -k KEY [-c CERT] [-e 8760h] [-r REFERENCE]… [-o FILE] [URI]` */
export async function sign(session: Session, [text]: readonly [string?], flags: SignFlags): Promise<Outcome> {
  const uri = parseManifestUri(text)
  const destination = destinationOf(uri, flags)
  const keyText = assertCombination(uri, destination, flags)
  const settings = await session.settings()
  if (uri.kind === 'registry') assertAllowed(settings, [uri.target])
  await using keys = await openKeys(session, flags)
  await using signer = await openSigningKey(session, keys, keyText)
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  const references = flags.reference ?? []
  const certificates = await readOwnCertificates(session, flags.cert, references)
  warnOfModel(session)
  const manifest = await readSignedManifest(session, uri, flags)
  const content: Nv2Content = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
    ...(references.length === 0 ? {} : { references }),
  }
  const bytes = await make(session, signer, { content, certificates, flags })
  await deliver(session, { digest: manifest.digest, bytes, destination, flags })
  return { exitCode: EXIT.done, document: {}, lines: [manifest.digest] }
}

async function make(
  session: Session,
  signer: Signer,
  {
    content,
    certificates,
    flags: { expiry, format = 'json' },
  }: {
    readonly content: Nv2Content
    readonly certificates: readonly Uint8Array[]
    readonly flags: SignFlags
  },
): Promise<Uint8Array> {
  const issuedAt = session.io.now()
  const until = expiry === undefined ? {} : { notBefore: issuedAt, expiry: new Date(+issuedAt + expiry) }
  const signal = await session.deadline()
  const envelope = await session.dialogue.waiting(`the signature of ${content.digest}`, () =>
    sealForm(format, content, signer, { attributes: { issuedAt, ...until }, certificates, signal }),
  )
  // What others could not read is not given to them.
  openNv2(envelope.bytes)
  return envelope.bytes
}

function sealForm(
  form: Nv2Form,
  content: Nv2Content,
  signer: Signer,
  options: SealOptions<Nv2Attributes>,
): Promise<Envelope> {
  if (form === 'json') return seal(nv2, content, signer, options)
  if (form === 'jwt') return seal(nv2Jwt, content, signer, options)
  const { mediaType: _, ...first } = content
  return seal(nv2First, first, signer, options)
}

async function deliver(
  session: Session,
  {
    digest,
    bytes,
    destination,
    flags,
  }: {
    readonly digest: string
    readonly bytes: Uint8Array
    readonly destination: RemoteUri | undefined
    readonly flags: SignFlags
  },
): Promise<void> {
  if (destination === undefined || flags.output !== undefined) {
    const name = flags.output ?? `${digest.slice(digest.indexOf(':') + 1)}.nv2`
    await writeSignature(resolve(session.io.cwd, name), bytes, { replaceLink: flags.output === undefined })
  }
  if (destination === undefined) return
  await using remote = await openRemote(session, destination, flags)
  await pushSignature(session, remote, bytes)
}

/** Where `--push` goes: to the manifest that was signed, or to the one of `--push-reference`. */
function destinationOf(uri: ManifestUri, { push, pushReference }: SignFlags): RemoteUri | undefined {
  if (pushReference !== undefined && !push)
    throw usageError('--push-reference goes with --push', { fix: 'add --push, or leave it out' })
  if (!push) return undefined
  if (pushReference !== undefined) return parseRemoteUri(pushReference)
  if (uri.kind === 'registry') return uri
  throw usageError('--push does not know where to', {
    why: 'the manifest that is signed is in no registry',
    fix: 'add --push-reference oci://REFERENCE',
  })
}

function assertCombination(uri: ManifestUri, destination: RemoteUri | undefined, flags: SignFlags): string {
  const { method, key } = flags
  if (method !== 'x509') {
    throw usageError(method === undefined ? 'no signing method is named' : `unknown method ${method}`, {
      why: 'the one method of nv2 is x509',
      fix: '--method x509',
    })
  }
  if (key === undefined) {
    throw usageError('no key is named', { fix: '-k with a private key in PEM, or a key of sealwright' })
  }
  assertManifestFlags(uri, flags, uri.kind === 'registry' || destination !== undefined)
  if (uri.kind === 'registry' && destination !== undefined && flags.username !== undefined)
    assertOneHost(uri, destination)
  for (const reference of flags.reference ?? []) parseReference(reference)
  return key
}

function assertOneHost({ target: from }: RemoteUri, { target: to }: RemoteUri): void {
  if (from.host === to.host) return
  throw usageError('one login cannot be for several registries', {
    why: `the manifest is at ${from.host}, its signature goes to ${to.host}`,
    fix: 'log in to both with docker',
  })
}

/** The certificates of `-c` in the order of the file; the first is for the hosts of all references. */
async function readOwnCertificates(
  { io }: Session,
  file: string | undefined,
  references: readonly string[],
): Promise<readonly Uint8Array[]> {
  if (file === undefined) return []
  const certificates = await readCertificates(file, io.cwd)
  const fault = certificates[0] && nv2SignerFault(certificates[0], references, io.now())
  if (fault !== undefined) {
    throw usageError('the signature would not verify with this certificate', {
      why: fault,
      fix: 'give a certificate for the hosts of the references, or other references',
    })
  }
  return certificates.map(({ der }) => der)
}

/**
 * Opens the key of `-k`: a file, as the prototype had it, or a key of sealwright by name or reference. A plain word is a
 * file if there is one, else a name; where it could be both it is refused.
 */
async function openSigningKey(session: Session, keys: Keys, text: string): Promise<Signer> {
  const file = pathOf(session, keys, text)
  if (file !== undefined) return keys.openUnnamed(`file:${file}`, text, nv2.algorithmFor)
  return keys.open(await keys.select(text), nv2.algorithmFor)
}

function pathOf({ io }: Session, { lock }: Keys, text: string): string | undefined {
  const isReference = /^[a-z][a-z0-9+.-]+:|^projects\//.test(text) && !/^[A-Za-z]:[\\/]/.test(text)
  if (isReference) return undefined
  const path = resolve(io.cwd, text)
  if (!isKeyName(text)) return path
  const isFile = existsSync(path)
  const isNamed = Object.hasOwn(lock.keys, text)
  if (isFile && isNamed) {
    throw usageError(`"${text}" is a file here and the name of a key`, {
      why: 'which of the two is meant is not guessed',
      fix: `-k ./${text} for the file; elsewhere the name alone`,
    })
  }
  return isFile || (!isNamed && /\.(?:key|pem)$/.test(text)) ? path : undefined
}
