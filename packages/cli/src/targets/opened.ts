import type { ArtifactStore } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'

const opened = new WeakMap<Context, Map<string, Promise<ArtifactStore>>>()

/**
 * The store of a place, opened once in a run: a thousand targets in one repository share its login, and what was read of
 * a layout. One that could not be opened is tried again.
 */
export function openOnce(
  context: Context,
  place: string,
  open: () => Promise<ArtifactStore>,
): Promise<ArtifactStore> {
  const stores = opened.get(context) ?? new Map<string, Promise<ArtifactStore>>()
  opened.set(context, stores)
  const known = stores.get(place)
  if (known !== undefined) return known
  const store = open()
  stores.set(place, store)
  store.catch(() => stores.delete(place))
  return store
}
