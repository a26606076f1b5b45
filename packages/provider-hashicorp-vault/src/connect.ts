import { SealwrightError } from '@sealwright/core'
import type { Secret, VaultAuth } from './auth.ts'
import type { VaultClient } from './client.ts'
import type { Lease } from './lease.ts'
import { logIn } from './log-in.ts'
import { namespaceOf } from './reference.ts'
import { createSession } from './session.ts'
import { assertVerifying, type ConnectionOptions, connectionOf } from './settings.ts'
import { findToken } from './token-source.ts'
import { createTransport } from './transport.ts'
import { type Vault, vaultOf } from './vault.ts'
import { createClient, type Send, sendBy } from './wire.ts'

export interface ConnectOptions extends ConnectionOptions {
  readonly token?: Secret
  readonly auth?: VaultAuth
  readonly client?: VaultClient
}

export interface Connected {
  readonly vault: Vault
  close(): Promise<void>
}

/** Reads the settings and makes the client. No request is made yet. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const { client, auth, token } = options
  if (client !== undefined) return connectBy(client)
  const connection = await connectionOf(options, process.env)
  const { namespace, origin, basePath } = connection
  const transport = await createTransport(connection)
  const send = sendBy(await createClient(connection, transport))
  const acquire =
    auth === undefined
      ? async (call: Parameters<typeof findToken>[2]): Promise<Lease> => {
          return { ...(await findToken(token, process.env, call)), renewable: false, ours: false }
        }
      : logIn(auth, send, namespace)
  const session = createSession({ acquire, send, namespace })
  return {
    vault: vaultOf({
      send,
      session,
      ...engineOf(process.env),
      address: origin + basePath,
      ...(namespace === undefined ? {} : { namespace }),
    }),
    close: async () => {
      await session.close()
      await transport.destroy()
    },
  }
}

/** A ready client sends its own namespace with every request, whatever a request says. */
function connectBy(client: VaultClient): Connected {
  assertVerifying(process.env)
  const namespace = client.namespace
    ? namespaceOf(client.namespace, 'the namespace of the client')
    : undefined
  const plain = sendBy(client)
  const send: Send = (request, token, call) => {
    if (namespace !== undefined && request.namespace !== namespace) {
      throw new SealwrightError('VALIDATION', 'the key is in another namespace than the client of Vault', {
        fix: 'make a client for that namespace, or one without a namespace',
      })
    }
    return plain(request, token, call)
  }
  return {
    vault: vaultOf({ send, ...engineOf(process.env), ...(namespace === undefined ? {} : { namespace }) }),
    close: async () => {},
  }
}

function engineOf(env: typeof process.env): { readonly engineVariable?: string } {
  const engineVariable = env.TRANSIT_SECRET_ENGINE_PATH
  return engineVariable === undefined ? {} : { engineVariable }
}
