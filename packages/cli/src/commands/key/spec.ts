import { ALGORITHMS, keyFlags } from '../../flags/common-flags.ts'
import { choice, type FlagValues, off, single, toggle } from '../../flags/flag.ts'
import { type CommandGroup, defineCommand } from '../../session/command.ts'

const KEY_TYPES = [
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
] as const

const addFlags = () => ({
  certChain: single('--cert-chain <file>', 'certificates of the key, leaf first'),
  default: toggle('--default', 'use it when no key is named'),
  ...keyFlags(),
})

export type KeyAddFlags = FlagValues<ReturnType<typeof addFlags>>

const createFlags = () => ({
  name: single('--name <name>', 'name it and lock it'),
  algorithm: choice('--algorithm <algorithm>', 'what it will sign with (default: ES256)', ALGORITHMS),
  type: choice('--type <type>', 'its type (default: by the algorithm)', KEY_TYPES),
  protection: choice('--protection <where>', 'hsm or software', ['hsm', 'software']),
  default: toggle('--default', 'use it when no key is named'),
  ...keyFlags(),
  passphrase: off('--no-passphrase', 'store the key in clear text'),
})

export type KeyCreateFlags = FlagValues<ReturnType<typeof createFlags>>

const showFlags = () => ({
  public: toggle('--public', 'print the public key as PEM'),
  ...keyFlags(),
})

export type KeyShowFlags = FlagValues<ReturnType<typeof showFlags>>

const rotateFlags = () => ({
  to: single('--to <ref>', 'the new key (default: a version that the store makes)'),
  prepare: toggle('--prepare', 'make the new version and its certificate request; the present key signs on'),
  certChain: single('--cert-chain <file>', 'certificates of the prepared key, which finish the rotation'),
  subject: single('--subject <dn>', 'subject of the request (default: that of the present certificate)'),
  out: single('--out <file>', 'where the request goes (default: NAME.csr)'),
  ...keyFlags(),
})

export type KeyRotateFlags = FlagValues<ReturnType<typeof rotateFlags>>

/** The commands about keys. */
export const keyCommands: CommandGroup = {
  name: 'key',
  summary: 'create, name and lock keys',
  commands: [
    defineCommand({
      name: 'add',
      args: '<name> <ref>',
      summary: 'name a key and lock it: version, algorithm, public key',
      flags: addFlags,
      examples: [
        'sealwright key add release file:./release.key --cert-chain release.crt',
        'sealwright key add release awskms:///alias/release --default',
      ],
      load: async () => (await import('./add.ts')).keyAdd,
    }),
    defineCommand({
      name: 'create',
      args: '<ref>',
      summary: 'make a key in a store',
      flags: createFlags,
      examples: [
        'sealwright key create file:./release.key --name release --type EC-P384',
        'sealwright key create awskms:///alias/release --name release --protection hsm',
      ],
      load: async () => (await import('./create.ts')).keyCreate,
    }),
    defineCommand({
      name: 'list',
      args: '[key-store]',
      summary: 'list named keys, or what is in a store',
      flags: keyFlags,
      examples: ['sealwright key list', 'sealwright key list awskms:///alias/'],
      load: async () => (await import('./list.ts')).keyList,
    }),
    defineCommand({
      name: 'show',
      args: '[key]',
      summary: 'show a key and its certificates',
      flags: showFlags,
      examples: ['sealwright key show release', 'sealwright key show release --public > release.pub'],
      load: async () => (await import('./show.ts')).keyShow,
    }),
    defineCommand({
      name: 'rotate',
      args: '<key-name>',
      summary: 'move a name to a new version or key once that has its certificate, and lock it',
      flags: rotateFlags,
      examples: [
        'sealwright key rotate release --prepare',
        'sealwright key rotate release --cert-chain release.crt',
      ],
      load: async () => (await import('./rotate.ts')).keyRotate,
    }),
    defineCommand({
      name: 'remove',
      args: '<key-name>',
      summary: 'remove a name; the key stays in its store',
      examples: ['sealwright key remove release', 'sealwright key remove release -o json'],
      load: async () => (await import('./remove.ts')).keyRemove,
    }),
  ],
}
