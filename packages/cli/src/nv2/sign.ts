import { resolve } from 'node:path'
import type { Signer } from '@sealwright/core'
import { type Nv2Content, type Nv2Form, openNv2 } from '@sealwright/core/nv2'
import { parseReference } from '@sealwright/oci'
import { readCertificates } from '../certificates/read.ts'
import type { Context, Flags } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { openKeys } from '../keys/keys.ts'
import type { KeyFlags } from '../program/key-flags.ts'
import { assertAllowed, assertAllowedAlgorithm } from '../signing/rules.ts'
import { signerFault } from './certificate-faults.ts'
import { sealForm } from './forms.ts'
import { openSigningKey } from './key.ts'
import { assertManifestFlags, type ManifestFlags, readSignedManifest } from './manifest.ts'
import { pushSignature } from './push-signature.ts'
import { openRemote } from './remote.ts'
import { type ManifestUri, parseManifestUri, parseRemoteUri, type RemoteUri } from './uri.ts'
import { warnOfModel } from './warn.ts'
import { writeSignature } from './write-signature.ts'

interface SignFlags extends ManifestFlags, KeyFlags {
  readonly method?: string
  readonly key?: string
  readonly cert?: string
  /** Milliseconds. */
  readonly expiry?: number
  readonly reference?: readonly string[]
  readonly output?: string
  readonly format?: Nv2Form
  readonly push?: true
  readonly pushReference?: string
}

/** `nv2 sign --method x509 -k KEY [-c CERT] [-e 8760h] [-r REFERENCE]… [-o FILE] [URI]` */
export async function sign(context: Context, [text]: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as SignFlags
  const uri = parseManifestUri(text)
  const destination = destinationOf(uri, flags)
  const keyText = assertCombination(uri, destination, flags)
  const settings = await context.settings()
  if (uri.kind === 'registry') assertAllowed(settings, [uri.target])
  await using keys = await openKeys(context, flags)
  await using signer = await openSigningKey(context, keys, keyText)
  assertAllowedAlgorithm(settings, signer.algorithm.id)
  const references = flags.reference ?? []
  const certificates = await readOwnCertificates(context, flags.cert, references)
  warnOfModel(context)
  const manifest = await readSignedManifest(context, uri, flags)
  const content: Nv2Content = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.size,
    ...(references.length === 0 ? {} : { references }),
  }
  const bytes = await make(context, signer, content, certificates, flags)
  await deliver(context, manifest.digest, bytes, destination, flags)
  return { exitCode: EXIT.done, document: {}, lines: [manifest.digest] }
}

async function make(
  context: Context,
  signer: Signer,
  content: Nv2Content,
  certificates: readonly Uint8Array[],
  { expiry, format = 'json' }: SignFlags,
): Promise<Uint8Array> {
  const issuedAt = context.io.now()
  const until = expiry === undefined ? {} : { notBefore: issuedAt, expiry: new Date(+issuedAt + expiry) }
  const signal = await context.deadline()
  const envelope = await context.dialogue.waiting(`the signature of ${content.digest}`, () =>
    sealForm(signer, { form: format, content, attributes: { issuedAt, ...until }, certificates, signal }),
  )
  // What others could not read is not given to them.
  openNv2(envelope.bytes)
  return envelope.bytes
}

async function deliver(
  context: Context,
  digest: string,
  bytes: Uint8Array,
  destination: RemoteUri | undefined,
  flags: SignFlags,
): Promise<void> {
  if (destination === undefined || flags.output !== undefined) {
    const name = flags.output ?? `${digest.slice(digest.indexOf(':') + 1)}.nv2`
    await writeSignature(resolve(context.io.cwd, name), bytes, { replaceLink: flags.output === undefined })
  }
  if (destination === undefined) return
  await using remote = await openRemote(context, destination, flags)
  await pushSignature(context, remote, bytes)
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
    throw usageError(method === undefined ? 'no signing method is named' : `there is no method ${method}`, {
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
  { io }: Context,
  file: string | undefined,
  references: readonly string[],
): Promise<readonly Uint8Array[]> {
  if (file === undefined) return []
  const certificates = await readCertificates(file, io.cwd)
  const fault = certificates[0] && signerFault(certificates[0], references, io.now())
  if (fault !== undefined) {
    throw usageError('the signature would not verify with this certificate', {
      why: fault,
      fix: 'give a certificate for the hosts of the references, or other references',
    })
  }
  return certificates.map(({ der }) => der)
}
