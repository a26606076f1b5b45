import { resolve } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import {
  type ArchiveInput,
  type ArtifactStore,
  archiveInput,
  type Descriptor,
  layoutArchive,
  layoutDirectory,
  type Spooled,
  soleTarget,
  spool,
} from '@sealwright/oci'
import { parseSignaturesIn, type SignaturesPlace } from '../config/signatures-in.ts'
import type { RegistryFlags } from '../flags/common-flags.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'
import { openRegistry } from './open-registry.ts'
import type { ArtifactTarget } from './target.ts'

/** An artifact whose store is open. */
export interface OpenTarget extends AsyncDisposable {
  readonly store: ArtifactStore
  /** Where its signatures are, and other referrers: the store itself, unless another place was named for them. */
  readonly signatures: ArtifactStore
  /** The repository that a policy judges it as, as it is written: a registry's own; a layout has none. */
  readonly scope?: string | undefined
  /** The repositories that are contacted for it, as they are written: its own, and that of its signatures. */
  readonly places: readonly string[]
  /** A tag or digest for the store; asks the store only where the reference does not say, or says both. */
  reference(signal: AbortSignal): Promise<string>
  /** As {@link OpenTarget.reference}, resolved: once. */
  resolve(signal: AbortSignal): Promise<Descriptor>
  /** The reference by digest, as every other command takes it. */
  nameOf(digest: string): string
  /** Of an archive that is streamed: reads it to its end. Throws `VALIDATION` if it is not whole. */
  finish(): Promise<void>
}

const STORED_AS = { api: 'referrers API', tag: 'tag', layout: 'layout' } as const

/** Where a signature or an attestation was stored, as the document has it; `path` if it is not next to the artifact. */
export function storedIn(
  { store, signatures }: OpenTarget,
  foundBy: keyof typeof STORED_AS,
): { readonly as: (typeof STORED_AS)[keyof typeof STORED_AS]; readonly path: string | null } {
  return { as: STORED_AS[foundBy], path: signatures === store ? null : signatures.name }
}

export interface OpenOptions {
  /** Whether a layout or an archive for the signatures may be made. */
  readonly create?: boolean | undefined
  /** An archive on stdin is read as it comes, as far as it is asked for; else it is put into a private file first. */
  readonly streamed?: boolean | undefined
}

/** Opens the store of a target, and that of its signatures. Nothing is contacted yet. */
export async function openTarget(
  session: Session,
  target: ArtifactTarget,
  flags: RegistryFlags,
  options: OpenOptions = {},
): Promise<OpenTarget> {
  const signatures = await openSignatures(session, target, flags, options)
  const { store, spooled, input } = await openStore(session, target, flags, options)
  const reference = async (signal: AbortSignal): Promise<string> => {
    const { tag, digest } = target
    if (tag !== undefined && digest !== undefined) {
      await assertAgree(store, target, { tag, digest, signal })
      return digest
    }
    return digest ?? tag ?? (await soleTarget(store, { signal })).digest
  }
  return {
    store,
    signatures: signatures ?? store,
    ...(target.kind === 'registry' ? { scope: target.written ?? target.repository } : {}),
    places: [target, await signaturesPlace(session, target, flags)].flatMap(place =>
      place?.kind === 'registry' ? place.repository : [],
    ),
    reference,
    resolve: async signal => {
      const { mediaType, digest, size } = await store.resolve(await reference(signal), { signal })
      return { mediaType, digest, size }
    },
    nameOf: digest => `${nameOf(target)}@${digest}`,
    finish: async () => input?.finish(),
    [Symbol.asyncDispose]: async () => {
      await input?.[Symbol.asyncDispose]()
      await spooled?.[Symbol.asyncDispose]()
    },
  }
}

/** What a target is called before its tag and digest. */
function nameOf(target: ArtifactTarget): string {
  if (target.kind === 'registry') return target.repository
  return `${target.kind === 'layout' ? 'oci' : 'oci-archive'}:${target.path}`
}

async function openStore(
  session: Session,
  target: ArtifactTarget,
  flags: RegistryFlags,
  { streamed = false }: OpenOptions,
): Promise<{ store: ArtifactStore; spooled?: Spooled; input?: ArchiveInput }> {
  if (target.kind === 'registry' || target.path !== '-') {
    return { store: await openPlace(session, target, flags) }
  }
  if (streamed) {
    const input = archiveInput(session.io.stdin.read())
    return { store: input.store, input }
  }
  const spooled = await spool(session.io.stdin.read(), { signal: session.io.signal })
  return { store: layoutArchive(spooled.path, { onWarning: session.warn }), spooled }
}

async function assertAgree(
  store: ArtifactStore,
  { text }: ArtifactTarget,
  { tag, digest, signal }: { readonly tag: string; readonly digest: string; readonly signal: AbortSignal },
): Promise<void> {
  const tagged = await store.resolve(tag, { signal })
  if (tagged.digest === digest) return
  throw new SealwrightError('VALIDATION', `tag and digest of ${text} do not agree`, {
    why: `${tag} is ${tagged.digest} now`,
    fix: 'name one of the two, the one that was meant',
  })
}

/**
 * The store that was named for the signatures of a target, by `--signatures-in` or for its host in the configuration;
 * `undefined` where they lie beside it. Nothing is contacted yet.
 *
 * @param options.create - Whether a layout or an archive may be made.
 */
export async function openSignatures(
  session: Session,
  target: ArtifactTarget,
  flags: RegistryFlags,
  options: { readonly create?: boolean | undefined } = {},
): Promise<ArtifactStore | undefined> {
  const place = await signaturesPlace(session, target, flags)
  if (place === undefined) return undefined
  if (place.kind === 'registry') assertOneLogin(session, target, place, flags)
  return openPlace(session, place, flags, options)
}

async function signaturesPlace(
  session: Session,
  target: ArtifactTarget,
  { signaturesIn }: RegistryFlags,
): Promise<SignaturesPlace | undefined> {
  if (signaturesIn !== undefined) return parseSignaturesIn(signaturesIn)
  if (target.kind !== 'registry') return undefined
  const configured = (await session.settings()).registries[target.host]?.signaturesIn
  return configured === undefined ? undefined : parseSignaturesIn(configured)
}

/** What was given is for one host: of two, neither may get what is meant for the other. */
function assertOneLogin(
  { io }: Session,
  target: ArtifactTarget,
  place: Extract<SignaturesPlace, { kind: 'registry' }>,
  { username = io.env.SEALWRIGHT_USERNAME || io.env.NOTATION_USERNAME }: RegistryFlags,
): void {
  if (!username || target.kind !== 'registry' || target.host === place.host) return
  throw usageError('one login cannot be for several registries', {
    why: `${target.text} is at ${target.host}, its signatures are at ${place.host}, and a password is sent to one host only`,
    fix: 'log in to both with docker',
  })
}

/** Where artifacts live; not one of them. */
type Place =
  | { readonly kind: 'registry'; readonly host: string; readonly repository: string }
  | { readonly kind: 'layout' | 'archive'; readonly path: string }

/**
 * Opens a place, once in a run. Nothing is contacted yet.
 *
 * @param options.create - Whether a layout or an archive may be made by the first write.
 */
export function openPlace(
  session: Session,
  place: Place,
  flags: RegistryFlags,
  { create = false }: { readonly create?: boolean | undefined } = {},
): Promise<ArtifactStore> {
  if (place.kind === 'registry') {
    return openOnce(session, place.repository, () => openRegistry(session, place, flags))
  }
  const path = resolve(session.io.cwd, place.path)
  const open = place.kind === 'layout' ? layoutDirectory : layoutArchive
  return openOnce(session, `${place.kind} ${create} ${path}`, async () =>
    open(path, { create, onWarning: session.warn }),
  )
}

/** A thousand targets in one repository share its login, and what was read of a layout. A failure is not kept. */
function openOnce(
  { shared: { stores } }: Session,
  place: string,
  open: () => Promise<ArtifactStore>,
): Promise<ArtifactStore> {
  const known = stores.get(place)
  if (known !== undefined) return known
  const store = open()
  stores.set(place, store)
  store.catch(() => stores.delete(place))
  return store
}
