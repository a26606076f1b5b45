import type { Call, FailedOperation, KeyHandle, KeyProvider } from '@sealwright/core'
import { named } from '../packages/core/src/pipeline/failure.ts'

/** A provider whose failures are named as core names them, after one attempt and no more. */
export function oneAttempt<P extends KeyProvider>(provider: P): P {
  const { admin } = provider
  const during = async <T>(
    failed: FailedOperation,
    { signal }: Call,
    work: () => T | PromiseLike<T>,
  ): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      // Core ends such a call with the reason of its own.
      if (signal.aborted) throw error
      throw named(error, provider, failed)
    }
  }
  const handle = (opened: KeyHandle): KeyHandle => ({
    ...opened,
    signRaw: (request, call) =>
      during({ operation: 'sign', reference: opened.key.reference }, call, () =>
        opened.signRaw(request, call),
      ),
    ...(opened.certificates && {
      certificates: call =>
        during({ operation: 'certificates', reference: opened.key.reference }, call, () =>
          opened.certificates!(call),
        ),
    }),
  })
  return {
    ...provider,
    open: async (reference, call) =>
      handle(await during({ operation: 'open', reference }, call, () => provider.open(reference, call))),
    ...(provider.identify && {
      identify: (call, reference) =>
        during({ operation: 'identify', reference }, call, () => provider.identify!(call, reference)),
    }),
    ...(admin && {
      admin: {
        list: async function* (query, call) {
          try {
            yield* admin.list(query, call)
          } catch (error) {
            if (call.signal.aborted) throw error
            throw named(error, provider, { operation: 'list', reference: query.prefix })
          }
        },
        create: (spec, call) =>
          during({ operation: 'create', reference: spec.reference }, call, () => admin.create(spec, call)),
        ...(admin.rotate && {
          rotate: (reference, call) =>
            during({ operation: 'rotate', reference }, call, () => admin.rotate!(reference, call)),
        }),
        ...(admin.attachCertificates && {
          attachCertificates: (reference, chain, call) =>
            during({ operation: 'attachCertificates', reference }, call, () =>
              admin.attachCertificates!(reference, chain, call),
            ),
        }),
      },
    }),
  } as P
}
