import type { ArtifactStore } from '@sealwright/oci'

/** A store some of whose members behave otherwise. */
export function storeWith(store: ArtifactStore, members: Partial<ArtifactStore>): ArtifactStore {
  return new Proxy(store, {
    get(target, name) {
      const found: unknown = Reflect.get(name in members ? members : target, name)
      return typeof found === 'function' ? found.bind(target) : found
    },
  })
}
