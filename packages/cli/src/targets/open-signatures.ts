import type { ArtifactStore } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openPlace } from './open-place.ts'
import { parseSignaturesIn, type SignaturesPlace } from './signatures-in.ts'
import type { ArtifactTarget } from './target.ts'

/**
 * The store that was named for the signatures of a target, by `--signatures-in` or for its host in the configuration;
 * `undefined` where they lie beside it. Nothing is contacted yet.
 *
 * @param options.create - Whether a layout or an archive may be made.
 */
export async function openSignatures(
  context: Context,
  target: ArtifactTarget,
  flags: RegistryFlags,
  options: { readonly create?: boolean } = {},
): Promise<ArtifactStore | undefined> {
  const place = await signaturesPlace(context, target, flags)
  if (place === undefined) return undefined
  if (place.kind === 'registry') assertOneLogin(context, target, place, flags)
  return openPlace(context, place, flags, options)
}

async function signaturesPlace(
  context: Context,
  target: ArtifactTarget,
  { signaturesIn }: RegistryFlags,
): Promise<SignaturesPlace | undefined> {
  if (signaturesIn !== undefined) return parseSignaturesIn(signaturesIn)
  if (target.kind !== 'registry') return undefined
  const configured = (await context.settings()).registries[target.host]?.signaturesIn
  return configured === undefined ? undefined : parseSignaturesIn(configured)
}

/** What was given is for one host: of two, neither may get what is meant for the other. */
function assertOneLogin(
  { io }: Context,
  target: ArtifactTarget,
  place: Extract<SignaturesPlace, { kind: 'registry' }>,
  { username = io.env.SEALWRIGHT_USERNAME || io.env.NOTATION_USERNAME }: RegistryFlags,
): void {
  if (!username || target.kind !== 'registry' || target.host === place.host) return
  throw usageError('one login cannot be for several registries', {
    why: `${target.text} is at ${target.host}, its signatures are at ${place.host}, and a password goes to one host only`,
    fix: 'log in to both with docker',
  })
}
