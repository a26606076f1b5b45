import { execFileSync } from 'node:child_process'
import type { KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A chain of three certificates, made by openssl, whose leaf is of a given key. */
export interface Chain {
  /** DER, leaf first. */
  readonly der: readonly Buffer[]
  /** In no order. */
  readonly pem: string
  /** @param options - Of `openssl pkcs12 -export`; the password is empty, there is no key. */
  pkcs12(...options: string[]): Buffer
}

export function chainFor(leafKey: KeyObject): Chain {
  return inFolder(folder => {
    const at = (name: string) => join(folder, name)
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    const days = ['-days', '2']
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE']
    writeFileSync(at('leaf.key'), leafKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    openssl('req', '-x509', ...curve, ...days, '-subj', '/CN=root', '-keyout', 'root.key', '-out', 'root.pem')
    const by = (issuer: string) => ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`]
    const intermediate = [...by('root'), '-subj', '/CN=intermediate', '-keyout', 'intermediate.key']
    openssl('req', '-x509', ...curve, ...days, ...ca, ...intermediate, '-out', 'intermediate.pem')
    const leaf = [...by('intermediate'), '-subj', '/CN=leaf', '-key', 'leaf.key']
    openssl('req', '-x509', '-new', ...days, ...leaf, '-out', 'leaf.pem')
    const read = (name: string) => readFileSync(at(`${name}.pem`), 'utf8')
    const pem = ['root', 'leaf', 'intermediate'].map(read).join('')
    const der = ['leaf', 'intermediate', 'root'].map(name =>
      openssl('x509', '-in', `${name}.pem`, '-outform', 'DER'),
    )
    return { der, pem, pkcs12: (...options) => packed(pem, options) }
  })
}

/** A certificate that a key issued to itself. */
export function selfIssued(key: KeyObject, ...options: string[]): Buffer {
  return inFolder(folder => {
    writeFileSync(join(folder, 'own.key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    const args = [
      'req',
      '-x509',
      '-new',
      '-key',
      'own.key',
      '-days',
      '2',
      '-subj',
      '/CN=own',
      '-outform',
      'DER',
      ...options,
    ]
    return execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  })
}

function packed(pem: string, options: readonly string[]): Buffer {
  return inFolder(folder => {
    writeFileSync(join(folder, 'all.pem'), pem)
    const args = ['pkcs12', '-export', '-nokeys', '-in', 'all.pem', '-passout', 'pass:', ...options]
    return execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  })
}

function inFolder<T>(task: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-chain-'))
  try {
    return task(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
