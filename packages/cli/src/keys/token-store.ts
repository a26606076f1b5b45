import type { KeyHandle, KeyProvider } from '@sealwright/core'
import type { PinSource } from './pin.ts'

/** A provider whose refusals of a PIN say where that PIN came from. */
export function withPins(provider: KeyProvider, pins: PinSource): KeyProvider {
  async function explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw pins.explain(error)
    }
  }

  const handleOf = (handle: KeyHandle): KeyHandle => {
    const { key, certificates, [Symbol.asyncDispose]: dispose } = handle
    return {
      key,
      signRaw: (request, call) => explained(handle.signRaw(request, call)),
      ...(certificates === undefined ? {} : { certificates: call => certificates.call(handle, call) }),
      ...(dispose === undefined ? {} : { [Symbol.asyncDispose]: () => dispose.call(handle) }),
    }
  }
  const { admin } = provider
  return {
    ...provider,
    open: async (reference, call) => handleOf(await explained(provider.open(reference, call))),
    ...(admin === undefined
      ? {}
      : {
          admin: {
            ...admin,
            list: async function* (query, call) {
              try {
                yield* admin.list(query, call)
              } catch (error) {
                throw pins.explain(error)
              }
            },
            create: (spec, call) => explained(admin.create(spec, call)),
          },
        }),
  }
}
