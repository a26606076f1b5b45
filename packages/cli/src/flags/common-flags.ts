import { shellQuote } from '@sealwright/core/encoding'
import { usageError } from '../runtime/usage.ts'
import { choice, count, type Flag, type FlagValues, repeatable, single, toggle } from './flag.ts'
import { HEADINGS } from './help.ts'

/** The flags of commands that open a key. */
export const keyFlags = () => ({
  passphraseFile: single('--passphrase-file <file>', 'the first line is the passphrase of the key'),
  pinFile: single('--pin-file <file>', 'the first line is the PIN of the token'),
  pkcs11Module: single(
    '--pkcs11-module <file>',
    'the library of the token (default: PKCS11_MODULE_PATH, the configuration)',
  ),
  allowReadableKey: toggle(
    '--allow-readable-key',
    'open a key file that others can read, such as a mounted secret',
  ),
})

export type KeyFlags = FlagValues<ReturnType<typeof keyFlags>>

/** `--audit-log`, of the commands that sign. */
export const auditLogFlag = () =>
  single('--audit-log <file>', 'append a line of JSON for each signature, before it is stored; - is stdout')

/** `--targets`, of the commands that take many. */
export const targetsFlag = (): Flag<string> =>
  single('--targets <file>', 'also every target in this list, one a line, # begins a comment; - is stdin')

/** The flags of commands that sign many targets at once. */
export const batchFlags = () => ({
  batch: toggle('--batch', 'one signature for up to 1,024 targets, attached to each'),
  batchPrivacy: choice(
    '--batch-privacy <scope>',
    'which targets one signature names: those of one repository, or all (default: repository)',
    ['repository', 'all'],
  ),
})

/** The flags of commands that have their signatures timestamped. */
export const timestampFlags = () => ({
  timestamp: repeatable(
    '--timestamp <url>',
    'RFC 3161 authority that timestamps the signature, or none; the next is tried when one fails',
    (text, label) => (text === 'none' ? text : parseAuthority(text, label)),
  ),
  timestampRoot: single(
    '--timestamp-root <file>',
    'root certificates of the authorities (default: the tsa: stores of the trust directory)',
  ),
})

export type TimestampFlags = FlagValues<ReturnType<typeof timestampFlags>>

/** Reads the URL of a timestamp authority. */
export function parseAuthority(text: string, label: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw usageError(`${label}: "${text}" is not the URL of a timestamp authority`, {
      why: 'an authority is asked over http or https',
      fix: `use ${label} https://tsa.example`,
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw usageError(`${label}: the URL of ${url.host} holds a user name or a password`, {
      why: 'a secret in an argument is seen by every process of this machine',
      fix: 'use an authority that asks for none, or let a proxy add it',
    })
  }
  return url.href
}

/** The signature algorithms that a flag may name; the core, which describes them, is not loaded for a parse. */
export const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'ES256K',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const

/** Reads `K=V`; keys of the Notary Project's own prefix are refused, as its signers refuse them. */
export function parseMetadata(text: string, label: string): readonly [key: string, value: string] {
  const at = text.indexOf('=')
  if (at < 1) {
    throw usageError(`${label}: "${text}" is not KEY=VALUE`, {
      why: 'metadata is KEY=VALUE',
      fix: `use ${label} build=42`,
    })
  }
  const key = text.slice(0, at)
  if (key.startsWith('io.cncf.notary')) {
    throw usageError(`${label}: the key "${key}" is reserved`, {
      why: 'keys that start with io.cncf.notary belong to the Notary Project',
      fix: 'choose another key',
    })
  }
  return [key, text.slice(at + 1)]
}

/** Metadata as one record. A key that is given twice is refused: one of the two would be ignored. */
export function metadataOf(
  pairs: readonly (readonly [key: string, value: string])[] = [],
): Readonly<Record<string, string>> {
  const metadata = new Map<string, string>()
  for (const [key, value] of pairs) {
    const other = metadata.get(key)
    if (other !== undefined) {
      throw usageError(`the metadata "${key}" is given twice`, {
        why: `once with the value "${other}", and once with "${value}"`,
        fix: `give it once: -m ${shellQuote(`${key}=${value}`)}`,
      })
    }
    metadata.set(key, value)
  }
  return Object.fromEntries(metadata)
}

/** How a registry is reached: the flags of every command that may talk to one. */
export const connectionFlags = () => ({
  username: single('--username <name>', 'user of the registry'),
  passwordStdin: toggle('--password-stdin', 'read the password from stdin'),
  plainHttp: repeatable('--plain-http <host>', 'use http for this host; loopback needs no flag'),
  caFile: single('--ca-file <file>', 'PEM certificates of CAs for TLS, besides the usual ones'),
})

/** The flags of commands that read or write artifacts in registries. */
export const registryFlags = () => {
  const flags = {
    ...connectionFlags(),
    referrers: choice('--referrers <how>', 'auto, api or tag: how signatures are attached and found', [
      'auto',
      'api',
      'tag',
    ]),
    signaturesIn: single(
      '--signatures-in <repository>',
      'keep signatures there, or in oci:DIR (default: none, next to the artifact)',
    ),
    concurrency: single('--concurrency <number>', 'run at most this many tasks at once (default: 8)', count),
  }
  for (const flag of Object.values(flags)) flag.helpGroup(HEADINGS.registry)
  return flags
}

export type RegistryFlags = FlagValues<ReturnType<typeof registryFlags>>

/** The registry flags alone, of all that was given to a command. */
export function pickRegistryFlags(flags: RegistryFlags): RegistryFlags {
  const declared = registryFlags()
  return Object.fromEntries(
    Object.entries(flags).filter(([name, value]) => Object.hasOwn(declared, name) && value !== undefined),
  )
}
