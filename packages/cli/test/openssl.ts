import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/** Runs openssl in a folder; it prints what it did. */
export function opensslIn(cwd: string): (...args: string[]) => string {
  return (...args) => execFileSync('openssl', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}

export interface Issued {
  readonly subject: string
  /** Lines of extensions, as in openssl's configuration. */
  readonly extensions?: readonly string[]
  /** Name of the issuer's files; itself where there is none. */
  readonly by?: string
  readonly days?: number
}

/** A P-256 key and its certificate, `NAME.key` and `NAME.crt`. */
export function issue(cwd: string, name: string, { subject, extensions = [], by, days = 30 }: Issued): void {
  const openssl = opensslIn(cwd)
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`)
  openssl('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`)
  writeFileSync(`${cwd}/${name}.ext`, extensions.join('\n'))
  const issuer = by === undefined ? ['-signkey', `${name}.key`] : ['-CA', `${by}.crt`, '-CAkey', `${by}.key`]
  openssl(
    ...['x509', '-req', '-in', `${name}.csr`, ...issuer, '-days', String(days)],
    ...['-extfile', `${name}.ext`, '-out', `${name}.crt`, '-sha256'],
  )
}
