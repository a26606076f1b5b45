import { type Faults, faultQueue } from './effect.ts'
import type { Store } from './exchange.ts'
import { grpcServer } from './grpc-server.ts'
import { type KmsState, kmsState } from './kms-state.ts'
import type { Tls } from './listening.ts'
import { restServer } from './rest-server.ts'
import type { Method } from './semantics.ts'

export type Transport = 'grpc' | 'rest'

/** Google Cloud KMS as its clients see it, over loopback, with the faults that no emulator has. */
export interface FakeGcpKms extends AsyncDisposable {
  readonly state: KmsState
  readonly token: string
  readonly inject: Faults['inject']
  /** Tokens of jobs that were offered for an access token, at `/token` of the REST face. */
  readonly exchanged: readonly (string | null)[]
  url(transport: Transport): string
  /** Calls of a method until now. */
  calls(method: Method): number
  connections(): number
  /** Only these permissions are granted from now on; `undefined` grants all. */
  allow(permissions: readonly string[] | undefined): void
}

/** @param tls - In the clear without it. */
export async function fakeGcpKms(tls?: Tls): Promise<FakeGcpKms> {
  const faults = faultQueue()
  const store: Store = {
    state: kmsState(),
    faults,
    token: 'canary-access-token-0123456789',
    exchanged: [],
    counts: new Map(),
    allowed: undefined,
  }
  const servers = { grpc: await grpcServer(store, tls), rest: await restServer(store, tls) }
  return {
    state: store.state,
    token: store.token,
    exchanged: store.exchanged,
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
