import { type Faults, faultQueue } from './effect.ts'
import type { Store } from './exchange.ts'
import { grpcServer } from './grpc-server.ts'
import { type KmsState, kmsState } from './kms-state.ts'
import { restServer } from './rest-server.ts'
import type { Method } from './semantics.ts'

export type Transport = 'grpc' | 'rest'

/** Google Cloud KMS as its clients see it, over loopback, with the faults that no emulator has. */
export interface FakeGcpKms extends AsyncDisposable {
  readonly state: KmsState
  readonly token: string
  readonly inject: Faults['inject']
  url(transport: Transport): string
  /** Calls of a method until now. */
  calls(method: Method): number
  connections(): number
  /** Only these permissions are granted from now on; `undefined` grants all. */
  allow(permissions: readonly string[] | undefined): void
}

export async function fakeGcpKms(): Promise<FakeGcpKms> {
  const faults = faultQueue()
  const store: Store = {
    state: kmsState(),
    faults,
    token: 'canary-access-token-0123456789',
    counts: new Map(),
    allowed: undefined,
  }
  const servers = { grpc: await grpcServer(store), rest: await restServer(store) }
  return {
    state: store.state,
    token: store.token,
    inject: faults.inject,
    url: transport => servers[transport].url,
    calls: method => store.counts.get(method) ?? 0,
    connections: () => servers.grpc.connections() + servers.rest.connections(),
    allow: permissions => {
      store.allowed = permissions
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(servers).map(each => each[Symbol.asyncDispose]()))
    },
  }
}
