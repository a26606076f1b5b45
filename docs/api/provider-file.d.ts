// The public declarations of @sealwright/provider-file. Written by `npm run api`; do not edit.
import type { Call, KeyAdmin, KeyProvider } from '@sealwright/core'

/** A key store of files; it always can list and create. */
export interface FileKeyProvider extends KeyProvider {
    readonly admin: KeyAdmin;
}

export interface FileKeysOptions {
    /**
     * Asked once for each encrypted file that is opened, and for each that is created. A string is taken as UTF-8.
     * `undefined`: there is none, and the call fails.
     */
    readonly passphrase?: AskPassphrase | undefined;
    /** Opens files that others than their owner may read or write: mounted secrets, file systems without modes. */
    readonly allowOthersToRead?: boolean | undefined;
    /** Of files that `create` writes. Default PBKDF2-HMAC-SHA-256 with 600 000 iterations. */
    readonly encryption?: KeyEncryption | undefined;
}

/** How a new key file is encrypted; `none` writes the private key in clear text. */
export type KeyEncryption = {
    readonly kdf: 'pbkdf2';
    readonly iterations?: number | undefined;
} | {
    readonly kdf: 'scrypt';
} | 'none';

export interface PassphraseRequest {
    readonly path: string;
    readonly purpose: 'open' | 'create';
}

/**
 * Private keys in files: the key store to start with. References are `file:PATH`; PKCS#8 (encrypted by PBES2 or not), PKCS#1
 * and SEC1 in PEM are read, PKCS#8 is written.
 *
 * The key is in the memory of this process while it is open: `protection` is `software`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid parameters of the encryption.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openSigner } from '@sealwright/core'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keys = fileKeys({ passphrase: async () => (await readFile('passphrase.txt', 'utf8')).trimEnd() })
 * const signer = await openSigner(keys, 'file:release.key')
 * ```
 */
export function fileKeys(options?: FileKeysOptions): FileKeyProvider;

// Named above, not exported:

/** Asks whoever knows it; `undefined` is "there is none". */
type AskPassphrase = (request: PassphraseRequest, call: Call) => Secret | Promise<Secret>;

type Secret = string | Uint8Array | undefined;
