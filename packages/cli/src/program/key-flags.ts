import type { Option } from 'commander'
import { single, toggle } from './flag.ts'

/** The flags of commands that open a key. */
export interface KeyFlags {
  readonly passphraseFile?: string
  readonly pinFile?: string
  readonly pkcs11Module?: string
  readonly allowReadableKey?: true
}

/** The options of commands that open a key. */
export function keyFlags(): readonly Option[] {
  return [
    single('--passphrase-file <file>', 'the first line is the passphrase of the key'),
    single('--pin-file <file>', 'the first line is the PIN of the token'),
    single(
      '--pkcs11-module <file>',
      'the library of the token (default: PKCS11_MODULE_PATH, the configuration)',
    ),
    toggle('--allow-readable-key', 'open a key file that others can read, such as a mounted secret'),
  ]
}

/** `--audit-log`, of the commands that sign. */
export function auditLogFlag(): Option {
  return single(
    '--audit-log <file>',
    'append a line of JSON for each signature, before it is stored; - is stdout',
  )
}
