import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeed } from './run.ts'

/** PEM. */
export interface LoopbackCertificate {
  readonly cert: string
  readonly key: string
  /** File of `cert`. */
  readonly path: string
}

/** A self-signed certificate for 127.0.0.1 in a folder, made by openssl. */
export async function loopbackCertificate(folder: string): Promise<LoopbackCertificate> {
  const [keyPath, path] = [join(folder, 'loopback-key.pem'), join(folder, 'loopback.pem')]
  await succeed('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', keyPath, '-out', path],
  ])
  return { cert: await readFile(path, 'utf8'), key: await readFile(keyPath, 'utf8'), path }
}
