import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { resolve } from 'node:path'
import {
  type Envelope,
  fingerprint,
  isSealwrightError,
  manageKeys,
  type Signature,
  type Signer,
} from '@sealwright/core'
import { systemFailure } from '@sealwright/core/files'
import { digestOf } from '@sealwright/oci'
import { callOptions, type Keys, type SelectedKey } from '../keys/keys.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

/** Where each signature of a run is put on record before it is stored: JSON, one line a signature. */
export interface AuditLog extends AsyncDisposable {
  record(made: MadeSignature): Promise<void>
}

interface MadeSignature {
  readonly action: 'sign' | 'attest'
  readonly target: AuditTarget
  readonly envelope: Envelope
  readonly signer: Signer
  readonly signature: Signature
}

interface AuditTarget {
  /** As it was resolved. */
  readonly reference: string
  readonly digest: string
}

/** Whose signatures these are: who runs the program, and whose credentials the store was shown. */
interface Who {
  readonly user: string | null
  readonly host: string
  readonly identity: string | null
  readonly source: string | null
}

/**
 * Opens the log of `--audit-log`, before anything is signed: a file that is appended to, or stdout.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not a regular file; errors of the file system.
 */
export async function openAuditLog(
  session: Session,
  keys: Keys,
  key: SelectedKey,
  file: string | undefined,
): Promise<AuditLog | undefined> {
  if (file === undefined) return undefined
  const sink = file === '-' ? stdoutOf(session) : await appendTo(resolve(session.io.cwd, file))
  const who = await whoSigns(session, keys, key)
  return {
    record: ({ action, target, envelope, signer, signature }) =>
      sink.write(
        `${JSON.stringify({
          schema: 'sealwright.audit/1',
          time: session.io.now().toISOString(),
          action,
          key: key.name ?? null,
          reference: signature.key.reference,
          fingerprint: fingerprint(signer.key.publicKey),
          algorithm: signature.algorithm,
          target: target.reference,
          targetDigest: target.digest,
          signatureDigest: digestOf('sha256', envelope.bytes),
          signatureType: envelope.mediaType,
          requestId: signature.requestId ?? null,
          who,
        })}\n`,
      ),
    [Symbol.asyncDispose]: sink.close,
  }
}

/** Refuses a log on stdout where stdout is something else. */
export function assertAuditLog(
  { flags: { output, quiet } }: Session,
  {
    auditLog,
    signature,
  }: { readonly auditLog?: string | undefined; readonly signature?: string | undefined },
): void {
  if (auditLog !== '-') return
  const other = output === 'json' ? '-o json' : quiet ? '-q' : signature === '-' ? '--signature -' : undefined
  if (other === undefined) return
  throw usageError(`--audit-log - and ${other} cannot be used together`, {
    why: 'stdout is one or the other',
    fix: 'write the log to a file: --audit-log FILE',
  })
}

/**
 * Makes an envelope, and records its signature before anybody gets it: what is not on record is not released.
 *
 * @param make - Signs with the signer that it is given.
 */
export async function onRecord(
  { signer, audit }: { readonly signer: Signer; readonly audit?: AuditLog | undefined },
  { action, target }: Pick<MadeSignature, 'action' | 'target'>,
  make: (signer: Signer) => Promise<Envelope>,
): Promise<Envelope> {
  if (audit === undefined) return make(signer)
  let signature: Signature | undefined
  const envelope = await make({
    ...signer,
    sign: async (message, options) => {
      signature = await signer.sign(message, options)
      return signature
    },
  })
  if (signature !== undefined) await audit.record({ action, target, envelope, signer, signature })
  return envelope
}

interface LineSink {
  write(line: string): Promise<void>
  close(): Promise<void>
}

function stdoutOf({ io }: Session): LineSink {
  return { write: line => io.stdout.send(Buffer.from(line)), close: async () => {} }
}

async function appendTo(path: string): Promise<LineSink> {
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | (constants.O_NONBLOCK ?? 0)
  let handle: FileHandle
  try {
    handle = await open(path, flags, 0o600)
  } catch (error) {
    throw systemFailure(error, 'open the audit log', path)
  }
  if (!(await handle.stat()).isFile()) {
    await handle.close()
    throw usageError(`${path} is not a regular file`, {
      why: 'an audit log is appended to',
      fix: 'name a file, or - for stdout',
    })
  }
  return {
    write: async line => {
      try {
        // In one write, so that lines of programs that append at the same time do not mix.
        const { bytesWritten } = await handle.write(line)
        if (bytesWritten < Buffer.byteLength(line))
          throw Object.assign(new Error('short write'), { code: 'ENOSPC', syscall: 'write' })
        await handle.datasync()
      } catch (error) {
        throw systemFailure(error, 'write to the audit log', path)
      }
    },
    close: () => handle.close(),
  }
}

async function whoSigns(session: Session, keys: Keys, { reference }: SelectedKey): Promise<Who> {
  const provider = await keys.provider(reference)
  const person = { user: userName(), host: hostname() }
  const { identify } = manageKeys(provider)
  if (identify === undefined) return { ...person, identity: null, source: null }
  try {
    const options = await callOptions(session, reference)
    const { source, identity } = await session.dialogue.waiting(provider.name, () =>
      identify(undefined, options),
    )
    return { ...person, identity: identity ?? null, source }
  } catch (error) {
    if (!isSealwrightError(error) || error.code === 'ABORTED') throw error
    // Who may sign need not be allowed to ask who it is.
    session.note(`the store does not say whose credentials these are: ${error.message}`)
    return { ...person, identity: null, source: null }
  }
}

/** Absent for a user that the system does not know, as in a container. */
function userName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}
