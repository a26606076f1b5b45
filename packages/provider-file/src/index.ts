export type { FileKeyProvider, FileKeysOptions, PassphraseRequest } from './file-keys.ts'
export { fileKeys } from './file-keys.ts'
export type { KeyEncryption } from './pbes2.ts'
