import { SealwrightError } from '@sealwright/core'
import {
  type ArchiveInput,
  type ArtifactStore,
  archiveInput,
  type Descriptor,
  layoutArchive,
  type Spooled,
  soleTarget,
  spool,
} from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openPlace } from './open-place.ts'
import { openSignatures } from './open-signatures.ts'
import type { ArtifactTarget } from './target.ts'

/** An artifact whose store is open. */
export interface OpenTarget extends AsyncDisposable {
  readonly store: ArtifactStore
  /** Where its signatures are, and other referrers: the store itself, unless another place was named for them. */
  readonly signatures: ArtifactStore
  /** The repository that a policy judges it as, as it is written: a registry's own; a layout has none. */
  readonly scope?: string
  /** A tag or digest for the store; asks the store only where the reference does not say, or says both. */
  reference(signal: AbortSignal): Promise<string>
  /** As {@link OpenTarget.reference}, resolved: once. */
  resolve(signal: AbortSignal): Promise<Descriptor>
  /** The reference by digest, as every other command takes it. */
  nameOf(digest: string): string
  /** Of an archive that is streamed: reads it to its end. Throws `VALIDATION` if it is not whole. */
  finish(): Promise<void>
}

/** What the place of the signatures is called, if they are not beside the artifact. */
export function whereSignatures({ store, signatures }: OpenTarget): string | undefined {
  return signatures === store ? undefined : signatures.name
}

export interface OpenOptions {
  /** Whether a layout or an archive for the signatures may be made. */
  readonly create?: boolean
  /** An archive on stdin is read as it comes, as far as it is asked for; else it is put into a private file first. */
  readonly streamed?: boolean
}

/** Opens the store of a target, and that of its signatures. Nothing is contacted yet. */
export async function openTarget(
  context: Context,
  target: ArtifactTarget,
  flags: RegistryFlags,
  options: OpenOptions = {},
): Promise<OpenTarget> {
  const signatures = await openSignatures(context, target, flags, options)
  const { store, spooled, input } = await openStore(context, target, flags, options)
  const reference = async (signal: AbortSignal): Promise<string> => {
    const { tag, digest } = target
    if (tag !== undefined && digest !== undefined) {
      await assertAgree(store, target, tag, digest, signal)
      return digest
    }
    return digest ?? tag ?? (await soleTarget(store, { signal })).digest
  }
  return {
    store,
    signatures: signatures ?? store,
    ...(target.kind === 'registry' ? { scope: target.written ?? target.repository } : {}),
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
  context: Context,
  target: ArtifactTarget,
  flags: RegistryFlags,
  { streamed = false }: OpenOptions,
): Promise<{ store: ArtifactStore; spooled?: Spooled; input?: ArchiveInput }> {
  if (target.kind === 'registry' || target.path !== '-') {
    return { store: await openPlace(context, target, flags) }
  }
  if (streamed) {
    const input = archiveInput(context.io.stdin.read(), { own: true })
    return { store: input.store, input }
  }
  const spooled = await spool(context.io.stdin.read(), { signal: context.io.signal })
  return { store: layoutArchive(spooled.path, { onWarning: context.warn }), spooled }
}

async function assertAgree(
  store: ArtifactStore,
  { text }: ArtifactTarget,
  tag: string,
  digest: string,
  signal: AbortSignal,
): Promise<void> {
  const tagged = await store.resolve(tag, { signal })
  if (tagged.digest === digest) return
  throw new SealwrightError('VALIDATION', `tag and digest of ${text} do not agree`, {
    why: `${tag} is ${tagged.digest} now`,
    fix: 'name one of the two, the one that was meant',
  })
}
