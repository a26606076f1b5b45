import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** Open connections. */
  connections(): number
}

/** PEM. */
export interface Tls {
  readonly cert: string
  readonly key: string
}

export async function listening(
  server: Pick<Server, 'listen' | 'address' | 'close' | 'once'>,
  connections: () => number,
  cut: () => void,
  tls?: Tls,
): Promise<Listening> {
  server.listen(0, '127.0.0.1')
  await once(server as never, 'listening')
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server as never, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
