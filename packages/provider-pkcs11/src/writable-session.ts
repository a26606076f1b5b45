import { type Connection, closeSession } from './connections.ts'
import { CKF } from './constants.ts'

/** Does something in a read-write session, which shares the log-in of the others. */
export async function withWritableSession<T>(
  { api, token }: Connection,
  task: (session: Buffer) => Promise<T>,
): Promise<T> {
  const session = api.C_OpenSession(token.slot, CKF.serialSession | CKF.rwSession)
  try {
    return await task(session)
  } finally {
    closeSession(api, session)
  }
}
