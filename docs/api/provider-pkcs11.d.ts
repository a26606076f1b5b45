// The public declarations of @sealwright/provider-pkcs11. Written by `npm run api`; do not edit.
import type { Call, KeyProvider } from '@sealwright/core'

/** Asks whoever knows the PIN; `undefined` is "there is none". */
export type AskPin = (request: PinRequest, call: Call) => Secret | Promise<Secret>;

export interface Attribute {
    type: number;
    value?: number | boolean | string | Buffer;
}

export interface Mechanism {
    mechanism: number;
    parameter?: {
        type: number;
        hashAlg: number;
        mgf: number;
        saltLen: number;
    };
}

export interface ModuleInfo {
    readonly cryptokiVersion: {
        readonly major: number;
        readonly minor: number;
    };
    readonly manufacturerID: string;
    readonly libraryDescription: string;
    readonly libraryVersion: {
        readonly major: number;
        readonly minor: number;
    };
}

export interface ParseOptions {
    /**
     * `smallstep`: the id is written in hexadecimal (`id=7370` is the two bytes 73 70, in RFC 7512 the four characters), and
     * the module may stand in the path. Nothing in a URI tells the dialects apart. Default `rfc7512`.
     */
    readonly dialect?: 'rfc7512' | 'smallstep' | undefined;
}

export interface PinRequest {
    /** `login`: once for a token; `sign`: for each signature of a key that asks for it (CKA_ALWAYS_AUTHENTICATE). */
    readonly purpose: 'login' | 'sign';
    readonly token: {
        readonly label: string;
        readonly serial: string;
        readonly manufacturer: string;
        readonly model: string;
    };
    /** As the token says, before it locks; absent while no wrong PIN was given. */
    readonly triesLeft?: 'few' | 'last' | undefined;
    /** The key to sign with. */
    readonly reference?: string | undefined;
}

/**
 * What is used of a PKCS#11 module: the shape of pkcs11js's `PKCS11`, so that a ready one can be passed in. Handles are
 * buffers with a native CK_ULONG; failures are thrown with the CK_RV as the number `code`.
 */
export interface Pkcs11Module {
    C_Initialize(options?: {
        readonly flags?: number | undefined;
        readonly libraryParameters?: string | undefined;
    }): void;
    C_GetInfo(): ModuleInfo;
    C_GetSlotList(tokenPresent?: boolean): Buffer[];
    C_GetSlotInfo(slot: Buffer): SlotInfo;
    C_GetTokenInfo(slot: Buffer): TokenInfo;
    C_GetMechanismInfo(slot: Buffer, mechanism: number): {
        readonly flags: number;
    };
    C_OpenSession(slot: Buffer, flags: number): Buffer;
    C_CloseSession(session: Buffer): void;
    C_GetSessionInfo(session: Buffer): {
        readonly state: number;
    };
    C_Login(session: Buffer, userType: number, pin: string): void;
    C_FindObjectsInit(session: Buffer, template: Attribute[]): void;
    C_FindObjects(session: Buffer, maxObjectCount: number): Buffer[];
    C_FindObjectsFinal(session: Buffer): void;
    C_GetAttributeValue(session: Buffer, object: Buffer, template: Attribute[]): {
        readonly type: number;
        readonly value?: Buffer | undefined;
    }[];
    C_CreateObject(session: Buffer, template: Attribute[]): Buffer;
    C_DestroyObject(session: Buffer, object: Buffer): void;
    C_SignInit(session: Buffer, mechanism: Mechanism, key: Buffer): void;
    C_SignAsync(session: Buffer, data: Buffer, output: Buffer): Promise<Buffer>;
    C_GenerateKeyPairAsync(session: Buffer, mechanism: Mechanism, publicTemplate: Attribute[], privateTemplate: Attribute[]): Promise<{
        readonly publicKey: Buffer;
        readonly privateKey: Buffer;
    }>;
}

export interface Pkcs11Options {
    /** Absolute path of the module: the library that came with the token. Loaded when a key is opened, by pkcs11js. */
    readonly modulePath?: string | undefined;
    /** A module instead of a path: pkcs11js's `PKCS11`, loaded; it may be initialised, with CKF_OS_LOCKING_OK. */
    readonly module?: Pkcs11Module | undefined;
    /** Configuration that some modules take at C_Initialize, such as NSS softoken. */
    readonly libraryParameters?: string | undefined;
    /**
     * Asked for the user PIN: once for a token while it stays logged in, and for each signature of a key that has
     * CKA_ALWAYS_AUTHENTICATE. Not asked where the token has a reader for it. A string or UTF-8, without line end.
     * `undefined`: there is none, and the call fails.
     */
    readonly pin?: AskPin | undefined;
    /** The most signatures of one token at the same time, 1 to 64. Default 4. */
    readonly sessions?: number | undefined;
}

/** What a PKCS#11 URI says. */
export interface Pkcs11Reference {
    /** Canonical; never with a module, a PIN or where one is kept. */
    readonly reference: string;
    /** `module-path`: for whoever configures the module; the key store takes it by its option alone. */
    readonly modulePath?: string | undefined;
    /** `module-name`, as above. */
    readonly moduleName?: string | undefined;
}

export interface SlotInfo {
    readonly slotDescription: string;
    readonly manufacturerID: string;
    readonly flags: number;
}

export interface TokenInfo {
    readonly label: string;
    readonly manufacturerID: string;
    readonly model: string;
    readonly serialNumber: string;
    readonly flags: number;
    readonly maxSessionCount: number;
}

/**
 * Loads pkcs11js, the native addon that speaks to modules. npm leaves it out without a word where it could not be built.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED`, saying how to get it.
 */
export function loadPkcs11js(): Promise<void>;

/**
 * Reads a PKCS#11 URI (RFC 7512) of a private key, with the module it may name.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not such a URI, for attributes that are unknown or given twice, and
 * for a PIN (`pin-value`) or its location (`pin-source`).
 */
export function parsePkcs11Reference(text: string, { dialect }?: ParseOptions): Pkcs11Reference;

/**
 * Keys in PKCS#11 tokens: HSMs, smart cards, YubiKeys, SoftHSM. References are RFC 7512 URIs, `pkcs11:token=…;object=…`.
 *
 * The module is initialised once for the process and never finalised; the log-in to a token holds for the whole process.
 * A call in the token cannot be stopped: an abort only ends the wait.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openSigner } from '@sealwright/core'
 * import { pkcs11 } from '@sealwright/provider-pkcs11'
 *
 * const keys = pkcs11({
 *   modulePath: '/usr/lib/softhsm/libsofthsm2.so',
 *   pin: async () => (await readFile('/run/secrets/pin', 'utf8')).trimEnd(),
 * })
 * const signer = await openSigner(keys, 'pkcs11:token=ACME;object=release', { algorithm: 'PS256' })
 * ```
 */
export function pkcs11(options?: Pkcs11Options): KeyProvider & AsyncDisposable;

// Named above, not exported:

type Secret = string | Uint8Array | undefined;
