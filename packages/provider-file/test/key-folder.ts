import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

/** A folder of its own for a test file, removed at its end. */
export function keyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-file-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let count = 0

/** Writes a key file that only its owner can read. */
export function keyFile(folder: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, `k${++count}.key`)
  writeFileSync(path, content, { mode })
  return path
}

export function openssl(args: readonly string[], input?: string | Uint8Array): string {
  return execFileSync('openssl', args, {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  })
}

/** The public key that openssl sees in a private key file. */
export function opensslPublicKey(path: string, passphrase = 'unused'): Uint8Array {
  const der = execFileSync(
    'openssl',
    ['pkey', '-in', path, '-passin', `pass:${passphrase}`, '-pubout', '-outform', 'DER'],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  return new Uint8Array(der)
}

export const idle = { signal: new AbortController().signal }

/** Cheap enough for tests; what is written by default is tested once. */
export const cheap = { kdf: 'pbkdf2', iterations: 10_000 } as const
