import { resolve } from 'node:path'
import { type ArtifactStore, layoutArchive, layoutDirectory } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openRegistry } from './open-registry.ts'
import { openOnce } from './opened.ts'

/** Where artifacts live; not one of them. */
export type Place =
  | { readonly kind: 'registry'; readonly host: string; readonly repository: string }
  | { readonly kind: 'layout' | 'archive'; readonly path: string }

/**
 * Opens a place, once in a run. Nothing is contacted yet.
 *
 * @param options.create - Whether a layout or an archive may be made by the first write.
 */
export function openPlace(
  context: Context,
  place: Place,
  flags: RegistryFlags,
  { create = false }: { readonly create?: boolean } = {},
): Promise<ArtifactStore> {
  if (place.kind === 'registry') {
    return openOnce(context, place.repository, () => openRegistry(context, place, flags))
  }
  const path = resolve(context.io.cwd, place.path)
  const open = place.kind === 'layout' ? layoutDirectory : layoutArchive
  return openOnce(context, `${place.kind} ${create} ${path}`, async () =>
    open(path, { create, onWarning: context.warn }),
  )
}
