import { ALGORITHMS } from './algorithms.ts'
import { choice, single, toggle } from './flag.ts'
import { keyFlags } from './key-flags.ts'
import type { Group } from './leaf.ts'

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
]
/** The commands about keys. */
export const keyCommands: Group = {
  name: 'key',
  summary: 'create, name and lock keys',
  leaves: [
    {
      name: 'add',
      args: '<name> <ref>',
      summary: 'name a key and lock it: version, algorithm, public key',
      options: () => [
        single('--cert-chain <file>', 'certificates of the key, leaf first'),
        toggle('--default', 'use it when no key is named'),
        ...keyFlags(),
      ],
      examples: [
        'sealwright key add release file:./release.key --cert-chain release.crt',
        'sealwright key add release awskms:///alias/release --default',
      ],
      load: async () => (await import('../commands/key-add.ts')).keyAdd,
    },
    {
      name: 'create',
      args: '<ref>',
      summary: 'make a key in a store',
      options: () => [
        single('--name <name>', 'name it and lock it'),
        choice('--algorithm <algorithm>', 'what it will sign with (default: ES256)', ALGORITHMS),
        choice('--type <type>', 'its type (default: by the algorithm)', KEY_TYPES),
        choice('--protection <where>', 'hsm or software', ['hsm', 'software']),
        toggle('--default', 'use it when no key is named'),
        ...keyFlags(),
        toggle('--no-passphrase', 'store the key in clear text'),
      ],
      examples: [
        'sealwright key create file:./release.key --name release --type EC-P384',
        'sealwright key create awskms:///alias/release --name release --protection hsm',
      ],
      load: async () => (await import('../commands/key-create.ts')).keyCreate,
    },
    {
      name: 'list',
      args: '[store]',
      summary: 'list named keys, or what is in a store',
      options: keyFlags,
      about: { store: 'what references begin with: awskms:///alias/, pkcs11:token=ACME' },
      examples: ['sealwright key list', 'sealwright key list awskms:///alias/'],
      load: async () => (await import('../commands/key-list.ts')).keyList,
    },
    {
      name: 'show',
      args: '[key]',
      summary: 'show a key and its certificates',
      options: () => [toggle('--public', 'print the public key as PEM'), ...keyFlags()],
      examples: ['sealwright key show release', 'sealwright key show release --public > release.pub'],
      load: async () => (await import('../commands/key-show.ts')).keyShow,
    },
    {
      name: 'rotate',
      args: '<name>',
      summary: 'move a name to a new version or key once that has its certificate, and lock it',
      options: () => [
        single('--to <ref>', 'the new key (default: a version that the store makes)'),
        toggle('--prepare', 'make the new version and its certificate request; the present key signs on'),
        single('--cert-chain <file>', 'certificates of the prepared key, which finish the rotation'),
        single('--subject <dn>', 'subject of the request (default: that of the present certificate)'),
        single('--out <file>', 'where the request goes (default: NAME.csr)'),
        ...keyFlags(),
      ],
      examples: [
        'sealwright key rotate release --prepare',
        'sealwright key rotate release --cert-chain release.crt',
      ],
      load: async () => (await import('../commands/key-rotate.ts')).keyRotate,
    },
    {
      name: 'remove',
      args: '<name>',
      summary: 'remove a name; the key stays in its store',
      examples: ['sealwright key remove release', 'sealwright key remove release -o json'],
      load: async () => (await import('../commands/key-remove.ts')).keyRemove,
    },
  ],
}
