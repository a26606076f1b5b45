// The public declarations of @sealwright/core. Written by `npm run api`; do not edit.
import type { KeyObject } from 'node:crypto'

/** The inputs a store takes for one algorithm of one key. */
export interface Accepts {
    /** The digest of the message under the algorithm's hash. */
    readonly digest?: true | undefined;
    /** ML-DSA only: the 64-byte message representative μ (FIPS 204, algorithm 7, with an empty context). */
    readonly mu?: true | undefined;
    /** The message itself; the value is the most bytes the store takes. */
    readonly message?: number | undefined;
}

/** All that is known about one algorithm: the only place that describes it, beside the adapters' own maps. */
export interface Algorithm {
    readonly id: AlgorithmId;
    readonly family: 'RSASSA-PKCS1-v1_5' | 'RSASSA-PSS' | 'ECDSA' | 'Ed25519' | 'ML-DSA';
    /** The key types it signs with. */
    readonly keyTypes: readonly KeyType[];
    /** The hash of the message as `node:crypto` names it; absent where the algorithm takes the message itself. */
    readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined;
    /** Length of the digest in bytes; for RSASSA-PSS also the length of the salt. */
    readonly digestLength?: number | undefined;
    /** ECDSA only: bytes of each of r and s. */
    readonly coordinateLength?: number | undefined;
    /** Length of a signature in bytes; absent for RSA, where it is the length of the modulus. */
    readonly signatureLength?: number | undefined;
    /** COSE algorithm identifier (IANA). */
    readonly cose: number;
}

/** A fully specified signature algorithm (RFC 7518, RFC 8812, RFC 9864, RFC 9964); never "EdDSA", never "RSA". */
export type AlgorithmId = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'ES256K' | 'Ed25519' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

export interface AuditRecord {
    readonly reference: string;
    readonly fingerprint: string;
    readonly signature: Signature;
}

/** What an adapter is given with every call: the caller's abort and the deadline in one. */
export interface Call {
    readonly signal: AbortSignal;
}

/** What a caller may say of any call that can take time. */
export interface CallOptions {
    readonly signal?: AbortSignal | undefined;
    /** Whole call, attempts and waits included. Default 30 000; 120 000 where a person takes part. */
    readonly timeoutMs?: number | undefined;
    /** A touch or a PIN is about to be needed. */
    readonly onPresence?: ((key: KeyDescriptor) => void) | undefined;
}

export interface Envelope {
    readonly mediaType: string;
    readonly bytes: Uint8Array;
}

/** Which bytes are signed, and how the envelope closes around the signature. One file a format. */
export interface EnvelopeFormat<Content, Attributes> {
    readonly mediaType: string;
    /** The algorithm the format prescribes for a key. `VALIDATION`, naming the choices, where nothing is prescribed. */
    algorithmFor(key: KeyDescriptor): AlgorithmId;
    /** `onto`: the bytes of an envelope over the same content that gains a signature. */
    prepare(content: Content, attributes: Attributes, identity: SignerIdentity, onto?: Uint8Array): Prepared;
    /** Strict; keeps the received bytes. Throws `VALIDATION`. */
    open(bytes: Uint8Array): UnverifiedEnvelope<Content, Attributes>;
}

/** What is kept of a foreign error: never its request or response, which may hold secrets. */
export interface ErrorCause {
    readonly name: string;
    /** Of a fault of the program alone, such as a module that cannot be loaded; a vendor's text may hold secrets. */
    readonly message?: string | undefined;
    readonly code?: string | number | undefined;
    /** The frames alone, without the message that Node puts before them. */
    readonly frames?: string | undefined;
}

/** Why a call failed. Closed: callers branch on it, and it maps to an exit code of the command line. */
export type ErrorCode = (typeof errorCodes)[number];

/** What is attached unsigned. */
export interface Evidence {
    /** DER RFC 3161 TimeStampTokens. */
    readonly timestamps?: readonly Uint8Array[] | undefined;
    readonly logEntries?: readonly Uint8Array[] | undefined;
    /** Of formats that have a place for it: {@link StaplingFormat}. */
    readonly stapled?: StapledEvidence | undefined;
    /** Why what was stapled to an opened envelope cannot be read; the signature is none the worse for it. */
    readonly stapledFault?: string | undefined;
}

/** The call that a failure ended. */
export interface FailedOperation {
    readonly operation: Operation;
    /** Of the key, or of the store; absent for a store without one. */
    readonly reference?: string | undefined;
}

/**
 * What a vendor error means; core puts the store, the operation and the reference before it. Free of secrets: written by the
 * adapter, never the vendor's own text unscrubbed.
 */
export interface Failure {
    readonly code: FailureCode;
    /** The fact found: `these credentials are not authorized for kms:Sign`. */
    readonly why?: string | undefined;
    /** What to do next: an imperative. */
    readonly fix?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
}

/** Codes a store's failure can have; `ABORTED` and `TIMEOUT` of the deadline are the pipeline's own. */
export type FailureCode = ErrorCode;

/**
 * What may be done to keys in a store, as an adapter author writes it; `manageKeys` is the safe face. It never exports,
 * imports, disables or destroys a key, and tries nothing again: `list` is repeated by core, the others never are.
 */
export interface KeyAdmin {
    /**
     * Lists the keys that can sign, or could if they were enabled. `prefix` is the beginning of a reference: the store,
     * written with the slash that ends it, then perhaps the beginning of a name.
     *
     * Must throw `NOT_FOUND` where no key has the beginning that was asked for: an empty list says that the store is empty.
     * Must throw `VALIDATION` for a prefix that does not say which store.
     */
    list(query: {
        readonly prefix?: string | undefined;
    }, call: Call): AsyncIterable<ListedKey>;
    /** The versioned reference, once the key can sign. */
    create(spec: KeySpec, call: Call): Promise<string>;
    /** Reference as given: an alias moves to the new key. */
    rotate?(reference: string, call: Call): Promise<string>;
    /** `chain`: DER, leaf first. */
    attachCertificates?(reference: string, chain: readonly Uint8Array[], call: Call): Promise<void>;
}

/** One key version, as its store describes it. */
export interface KeyDescriptor {
    /**
     * Canonical, and versioned where the store has versions; elsewhere (file, PKCS#11) the public key alone pins the key.
     */
    readonly reference: string;
    /** DER SubjectPublicKeyInfo. */
    readonly publicKey: Uint8Array;
    /** What it may sign with, and the inputs that the store takes for it; the order means nothing. */
    readonly algorithms: Readonly<Partial<Record<AlgorithmId, Accepts>>>;
    /** As the store says; not proof. */
    readonly protection: 'software' | 'hsm' | 'external' | 'unknown';
    /** A person takes part: long deadline, never retried. */
    readonly presence?: 'touch' | 'pin' | undefined;
}

/** One open key version. */
export interface KeyHandle extends Partial<AsyncDisposable> {
    readonly key: KeyDescriptor;
    /** One call of the store. Must not hash, convert, retry or verify. May be called concurrently. */
    signRaw(request: SignRequest, call: Call): Promise<RawSignature>;
    /**
     * Begins a signature of a message that arrives in chunks: for a store that hashes the message itself and takes no digest.
     * Used for messages that are streams, or larger than the key takes whole; for algorithms with a hash only.
     */
    beginSign?(algorithm: Algorithm): StreamedSignature;
    /** DER certificates, leaf first; asked only if a chain is needed. */
    certificates?(call: Call): Promise<readonly Uint8Array[]>;
}

/** What a store does besides signing: the safe face of {@link KeyAdmin} and `identify`. Members are absent where the store has none. */
export interface KeyManager {
    /** Lists the keys that sign. Waits and lists again where the store is busy or not available. */
    list?(query?: {
        readonly prefix?: string | undefined;
    }, options?: CallOptions): Promise<readonly ListedKey[]>;
    /** Makes a key, in one attempt: whether a failed one made it, only the store knows. Returns the versioned reference. */
    create?(spec: KeySpec, options?: CallOptions): Promise<string>;
    /** Makes the next version of a key, in one attempt. Returns its reference. */
    rotate?(reference: string, options?: CallOptions): Promise<string>;
    /**
     * Stores a chain next to its key, in one attempt.
     *
     * @param chain - DER, leaf first.
     */
    attachCertificates?(reference: string, chain: readonly Uint8Array[], options?: CallOptions): Promise<void>;
    /**
     * Returns whose credentials answered.
     *
     * @param reference - Of the key that is meant: some stores have credentials for each place.
     */
    identify?(reference?: string, options?: CallOptions): Promise<Identity>;
}

/**
 * One key store: the thin face, what an adapter author writes. It never hashes, converts, retries, caches trust or
 * verifies; the pipeline does, once for all stores.
 */
export interface KeyProvider extends Partial<AsyncDisposable> {
    /** The version of this contract. */
    readonly contract: 1;
    readonly name: string;
    /** What messages call it: `AWS KMS`. Without it they say `key store "NAME"`. */
    readonly title?: string | undefined;
    /** URI schemes without the colon, matched exactly: `file`, `awskms`. */
    readonly schemes: readonly string[];
    /** Least privilege per operation, in the store's own words. */
    readonly permissions: Readonly<Partial<Record<Operation, readonly string[]>>>;
    /** The same for one key, where the rules of the store name keys. */
    permissionsOf?(reference: string): KeyProvider['permissions'];
    /**
     * The one spelling of a reference: idempotent, case kept, no network.
     * Must throw `VALIDATION` for a text that is not a reference of its schemes, and for one that carries a secret.
     */
    canonical(reference: string): string;
    /** One key version that can sign now, or a failure. */
    open(reference: string, call: Call): Promise<KeyHandle>;
    /**
     * Names a vendor failure; `undefined` becomes `INTERNAL`. Must not throw. All other members let vendor errors through, and
     * core makes the message: `AWS KMS refused to sign with KEY`.
     *
     * @param during - What failed, where one error means several things.
     */
    classify(error: unknown, during?: FailedOperation): Failure | undefined;
    /**
     * Whose credentials answered.
     *
     * @param reference - Of the key that is meant: some stores have credentials for each place.
     */
    identify?(call: Call, reference?: string): Promise<{
        readonly source: string;
        readonly identity?: string | undefined;
    }>;
    readonly admin?: KeyAdmin | undefined;
}

/** What `KeyAdmin.create` is asked for. */
export interface KeySpec {
    readonly reference: string;
    readonly type: KeyType;
    /** For stores that bind an algorithm to a key when it is made. */
    readonly algorithm?: AlgorithmId | undefined;
    readonly protection?: 'software' | 'hsm' | undefined;
}

/**
 * `enabled` signs now; `disabled` can be enabled again; `pending` will sign later; `expired` is past its end; `deleted` is
 * scheduled for deletion or can only be recovered; `unavailable` cannot be reached by the store itself.
 */
export type KeyState = 'enabled' | 'disabled' | 'pending' | 'expired' | 'deleted' | 'unavailable';

/** A key's type: what it is, before it is decided what it signs with. Names follow `key create --type`. */
export type KeyType = 'RSA-2048' | 'RSA-3072' | 'RSA-4096' | 'EC-P256' | 'EC-P384' | 'EC-P521' | 'EC-secp256k1' | 'Ed25519' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

/** A queue in front of a store, shared by the signers of that store: its rate, its concurrency. */
export interface Limiter {
    /** Runs `task` when its turn comes; rejects with the signal's reason when it is aborted while waiting. */
    run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** A key in the list of its store. All but the reference is what the store tells in the same requests. */
export interface ListedKey {
    /** Canonical; opens the key. */
    readonly reference: string;
    readonly type?: KeyType | undefined;
    /** What it may sign with; the order means nothing. */
    readonly algorithms?: readonly AlgorithmId[] | undefined;
    readonly state?: KeyState | undefined;
    readonly created?: Date | undefined;
    /** As the store says; not proof. */
    readonly protection?: KeyDescriptor['protection'] | undefined;
}

/** The bytes to sign, whole or in chunks. Read once. */
export type Message = Uint8Array | AsyncIterable<Uint8Array>;

export interface OpenOptions extends CallOptions {
    /** Required unless the key allows one algorithm only. */
    readonly algorithm?: (AlgorithmId | ((key: KeyDescriptor) => AlgorithmId)) | undefined;
    /** `sha256:<hex>` of the public key; any other key is `KEY_MISMATCH`. */
    readonly fingerprint?: string | undefined;
    /** Shared by the signers of one store. */
    readonly limiter?: Limiter | undefined;
    /** Awaited: what is not on record is not released. */
    readonly audit?: ((record: AuditRecord) => Promise<void>) | undefined;
}

export type OpenSigner = (provider: KeyProvider, reference: string, options?: OpenOptions) => Promise<Signer>;

export type Operation = 'open' | 'sign' | 'certificates' | 'identify' | keyof KeyAdmin;

export interface Prepared {
    readonly toBeSigned: Message;
    close(signature: Signature, evidence: Evidence): Uint8Array;
}

/** A public key as JSON Web Key (RFC 7517). */
export type PublicJwk = {
    readonly kty: 'RSA';
    readonly n: string;
    readonly e: string;
} | {
    readonly kty: 'EC';
    readonly crv: 'P-256' | 'P-384' | 'P-521' | 'secp256k1';
    readonly x: string;
    readonly y: string;
} | {
    readonly kty: 'OKP';
    readonly crv: 'Ed25519';
    readonly x: string;
} | {
    readonly kty: 'AKP';
    readonly alg: 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';
    readonly pub: string;
};

export interface RawSignature {
    readonly bytes: Uint8Array;
    /** ECDSA as the store gave it: DER `Ecdsa-Sig-Value` or raw r‖s; all else is raw. */
    readonly encoding: 'der' | 'raw';
    /** The key version that the store says it used, canonical. */
    readonly reference?: string | undefined;
    /** The store's id of the call. */
    readonly requestId?: string | undefined;
    /** DER, leaf first, from stores that issue a certificate with each signature. */
    readonly certificates?: readonly Uint8Array[] | undefined;
}

/**
 * The step that removes the cause of an error, with what it is about, for a program that has a command or an option for it.
 * `fix` says the same, and names neither: a library does not know which program shows its errors.
 */
export type Remedy = {
    readonly step: 'useHttps' | 'usePlainHttp' | 'trustAuthority';
    readonly host: string;
}
/** `artifact`: `<repository>@<digest>`, whose list of referrers names deleted manifests. */
 | {
    readonly step: 'repairFallbackIndex';
    readonly artifact: string;
}
/** Keep and read referrers under a tag, though the registry has the API. */
 | {
    readonly step: 'useFallbackIndex';
} | {
    readonly step: 'createPolicy';
    readonly kind: 'oci' | 'blob';
} | {
    readonly step: 'checkPolicy' | 'showCertificates' | 'giveCertificates' | 'allowOthersToRead';
}
/** Read more signatures than the limit that was set. */
 | {
    readonly step: 'raiseLimit';
}
/** Let a name mean another key. */
 | {
    readonly step: 'rotateKey';
    readonly key: string;
    readonly reference: string;
};

/** Most statements and tokens of a kind that one envelope carries, and most bytes of each. */
export const STAPLED_LIMITS: Readonly<Record<StapledKind, {
    readonly count: number;
    readonly bytes: number;
}>>;

export type Seal = <Content, Attributes>(format: EnvelopeFormat<Content, Attributes>, content: Content, signer: Signer, options: SealOptions<Attributes>) => Promise<Envelope>;

export interface SealOptions<Attributes> extends CallOptions {
    readonly attributes: Attributes;
    readonly certificates?: readonly Uint8Array[] | undefined;
    readonly keyId?: string | undefined;
    /** An envelope over the same content that gains a signature. */
    readonly onto?: Uint8Array | undefined;
    /** Timestamp authority, log. Runs inside the deadline of the call. */
    readonly countersign?: ((signature: Signature, options: CallOptions) => Promise<Evidence>) | undefined;
}

/**
 * The one error of Sealwright. Narrow it with {@link isSealwrightError}, which also knows an error made by another copy
 * of this package, and branch on `code`.
 */
export class SealwrightError extends Error {
    readonly name: string;
    readonly code: ErrorCode;
    readonly why?: string | undefined;
    readonly fix?: string | undefined;
    readonly remedy?: Remedy | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
    constructor(code: ErrorCode, message: string, options?: SealwrightErrorOptions);
    /** Whether the same call may succeed later, unchanged. */
    get retryable(): boolean;
}

export interface SealwrightErrorOptions {
    /** The fact found, for the `why:` line. */
    readonly why?: string | undefined;
    /** What to do next, for the `fix:` line. */
    readonly fix?: string | undefined;
    /** What `fix` is about, for a program that has a command or an option for it. */
    readonly remedy?: Remedy | undefined;
    /** Kept as name, code and stack only: a vendor's request, response and message may hold secrets. */
    readonly cause?: unknown | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly requestId?: string | undefined;
}

export interface SignRequest {
    readonly algorithm: Algorithm;
    /** Which of the inputs that the key accepts `bytes` is. */
    readonly input: keyof Accepts;
    readonly bytes: Uint8Array;
}

export interface Signature {
    /** ECDSA as r‖s (IEEE P1363), each half of the curve's length; RSA, Ed25519 and ML-DSA as their RFCs have it. */
    readonly bytes: Uint8Array;
    readonly algorithm: AlgorithmId;
    readonly key: KeyDescriptor;
    readonly requestId?: string | undefined;
    readonly certificates?: readonly Uint8Array[] | undefined;
}

/** One key, one algorithm: the safe face, what everybody uses. */
export interface Signer extends AsyncDisposable {
    readonly key: KeyDescriptor;
    readonly algorithm: Algorithm;
    /**
     * Signs a message, never a digest: what the signer did not hash it could not verify.
     *
     * @returns A signature that held under `key.publicKey` before it was released.
     * @throws {@link SealwrightError} of any code; `INTEGRITY` when what the store returned does not verify.
     */
    sign(message: Message, options?: CallOptions): Promise<Signature>;
    /** DER, leaf first, where the store holds certificates. */
    certificates?(options?: CallOptions): Promise<readonly Uint8Array[]>;
}

/** Always a key; a chain, if certificates vouch for it. */
export interface SignerIdentity {
    readonly key: KeyDescriptor;
    readonly algorithm: AlgorithmId;
    /** A hint, never trusted. */
    readonly keyId?: string | undefined;
    /** DER, leaf first; its key is `key.publicKey`, or `KEY_MISMATCH`. */
    readonly certificates?: readonly Uint8Array[] | undefined;
}

/** The steps of the signing pipeline in their order; each is traced on the tracing channel `sealwright:signer.<step>`. */
export type SignerStep = 'check' | 'read' | 'deadline' | 'attempt' | 'same-key' | 'encode' | 'verify' | 'audit';

/** What a subscriber is told: names and numbers, never a message, a signature, a secret or a vendor's error. */
export interface SignerTrace {
    readonly step: SignerStep;
    readonly operation: Operation;
    /** The provider's name. */
    readonly provider: string;
    readonly reference: string;
    readonly algorithm?: AlgorithmId | undefined;
    /** Counted from 1. */
    readonly attempt?: number | undefined;
}

/** Evidence that is carried in an envelope beside its one timestamp. Nothing of it is signed by the signer. */
export interface StapledEvidence {
    /** DER RFC 3161 TimeStampTokens over {@link StaplingFormat.stapledMessage}; at most 8, of at most 64 KiB each. */
    readonly timestamps?: readonly Uint8Array[] | undefined;
    /** DER OCSPResponses; at most 16, of at most 20 KiB each. */
    readonly ocsp?: readonly Uint8Array[] | undefined;
    /** DER CertificateLists; at most 16, of at most 64 KiB each. */
    readonly crls?: readonly Uint8Array[] | undefined;
}

export type StapledKind = keyof StapledEvidence;

/** A format whose envelopes take more unsigned evidence after they were signed. */
export interface StaplingFormat<Content, Attributes> extends EnvelopeFormat<Content, Attributes> {
    /**
     * Returns the envelope with more evidence: a timestamp, if it has none, and what is stapled. What is signed stays byte
     * for byte, and so does everything that is not evidence.
     *
     * @throws {@link SealwrightError} `VALIDATION` for an envelope that cannot be opened; `UNSUPPORTED` for what it has no place
     *   for, such as a second timestamp that is not stapled.
     */
    addEvidence(envelope: Uint8Array, evidence: Evidence): Uint8Array;
    /** What a stapled timestamp is over: in COSE the signature, in JWS its base64url text, as JAdES has it. */
    stapledMessage(signature: Uint8Array): Uint8Array;
}

/** A message that a store hashes as it arrives. */
export interface StreamedSignature {
    /** Takes the next bytes of the message; the caller may reuse them afterwards. */
    update(chunk: Uint8Array): void;
    /** Signs what arrived. Called once. */
    sign(call: Call): Promise<RawSignature>;
}

/** The `targetArtifact` of a Notary Project payload: the descriptor of what is signed. */
export interface TargetArtifact {
    readonly mediaType: string;
    /** `<algorithm>:<hex>`. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    /** User metadata; keys under `io.cncf.notary` are reserved. */
    readonly annotations?: Readonly<Record<string, string>>;
}

export interface UnverifiedEnvelope<Content, Attributes> {
    readonly payload: Uint8Array;
    readonly payloadType: string;
    readonly signatures: readonly UnverifiedSignature<Attributes>[];
    /** Called by verification, after a signature holds. Throws `VALIDATION`. */
    content(): Content;
}

/** Claims, no more: nothing of it is true before the signature holds under a trusted key. */
export interface UnverifiedSignature<Attributes> {
    readonly toBeSigned: Uint8Array;
    readonly bytes: Uint8Array;
    readonly attributes: Attributes;
    readonly evidence: Evidence;
    readonly algorithm?: AlgorithmId | undefined;
    readonly certificates?: readonly Uint8Array[] | undefined;
    readonly keyId?: string | undefined;
}

/** The algorithm table, keyed by id. COSE identifiers: IANA "COSE Algorithms" (RFC 9053, 8812, 9864, 9964). */
export const algorithms: Readonly<Record<AlgorithmId, Algorithm>>;

/**
 * Checks that every certificate is one strict DER SEQUENCE and that the first one is for `publicKey`. Whether they form a
 * chain, and follow a profile, is for others to say.
 *
 * @param certificates - DER, leaf first, at least one.
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` for a malformed certificate; `KEY_MISMATCH` for a leaf with another key.
 */
export function assertLeafKey(certificates: readonly Uint8Array[], publicKey: Uint8Array): void;

/**
 * Checks that the signature an envelope is to close around is of the identity that it was prepared for.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH`.
 */
export function assertSignedBy(signature: Signature, { key, algorithm }: SignerIdentity): void;

/** Every {@link ErrorCode}. */
export const errorCodes: readonly ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'ACCESS_DENIED', 'UNAUTHENTICATED', 'THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'ABORTED', 'KEY_STATE', 'KEY_MISMATCH', 'INTEGRITY', 'PIN_INCORRECT', 'PIN_LOCKED', 'USER_PRESENCE', 'INTERNAL'];

/**
 * Returns the fingerprint of a public key: `sha256:` and 64 lower-case hexadecimal digits.
 *
 * @param publicKey - DER SubjectPublicKeyInfo; its bytes are hashed as they are.
 *
 * @example
 * ```ts
 * import { fingerprint, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * fingerprint(signer.key.publicKey) // 'sha256:…'
 * ```
 */
export function fingerprint(publicKey: Uint8Array): string;

/** Whether `id` names a row of {@link algorithms}. */
export function isAlgorithmId(id: string): id is AlgorithmId;

/**
 * Whether `error` is a {@link SealwrightError}, of this copy of the package or another.
 *
 * @example
 * ```ts
 * import { isSealwrightError, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * try {
 *   await signer.sign(new Uint8Array(1))
 * } catch (error) {
 *   if (!isSealwrightError(error)) throw error
 *   console.error(error.code, error.message, error.why, error.fix)
 * }
 * ```
 */
export function isSealwrightError(error: unknown): error is SealwrightError;

/**
 * Returns the type of a public key.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 * @throws {@link SealwrightError} `VALIDATION` if the bytes are not a public key; `UNSUPPORTED` for a key of another
 * type, which includes RSA of another size than 2048, 3072 and 4096 bits.
 *
 * @example
 * ```ts
 * import { keyType, type Signer } from '@sealwright/core'
 *
 * declare const signer: Signer
 * keyType(signer.key.publicKey) // 'EC-P256'
 * ```
 */
export function keyType(publicKey: Uint8Array): KeyType;

/**
 * Returns the keys of a store for management: each call has a deadline, named failures and a trace, as signing has.
 *
 * @param options - `limiter`: shared with the signers of the store.
 * @throws {@link SealwrightError} `UNSUPPORTED` for a provider of another contract; each member throws what the store reports,
 * and `TIMEOUT` or `ABORTED`.
 */
export function manageKeys(provider: KeyProvider, { limiter }?: {
    readonly limiter?: Limiter | undefined;
}): KeyManager;

/**
 * Opens one key of a store for one algorithm.
 *
 * `signal` and `timeoutMs` are about opening alone. `onPresence` is also the default for every signature.
 *
 * @returns A signer whose signatures were verified under `key.publicKey` before they are released. Disposing of it
 * waits for the calls in flight and releases the key, not the provider.
 * @throws {@link SealwrightError} `VALIDATION` for invalid options and if an algorithm must be given,
 * `UNSUPPORTED` for an algorithm or a kind of key, `KEY_MISMATCH` for another public key than `fingerprint` names, and
 * whatever the store reports.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keys = fileKeys({ passphrase: async () => 'correct horse battery staple' })
 * const signer = await openSigner(keys, 'file:release.key')
 * const { bytes, algorithm } = await signer.sign(new TextEncoder().encode('hello'))
 * await signer[Symbol.asyncDispose]()
 * ```
 */
export const openSigner: OpenSigner;

/**
 * Signs content into an envelope: the format says which bytes, the signer signs them, countersignatures are added, and
 * the format closes the envelope.
 *
 * `certificates` are the option's, else the store's where the signer has any. One deadline spans the certificates, the
 * signature and the countersignatures.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the signer was opened for another algorithm than the format prescribes
 * for its key, and all that the format, the signer and `countersign` report.
 *
 * @example
 * ```ts
 * import { type Signer, seal } from '@sealwright/core'
 * import { dsse } from '@sealwright/core/dsse'
 *
 * declare const signer: Signer
 * const content = { payloadType: 'text/plain', payload: new TextEncoder().encode('hello') }
 * const { mediaType, bytes } = await seal(dsse, content, signer, { attributes: {} })
 * ```
 */
export const seal: Seal;

/**
 * Returns a public key as JSON Web Key: RSA and EC by RFC 7518, secp256k1 by RFC 8812, Ed25519 by RFC 8037, ML-DSA by
 * draft-ietf-cose-dilithium (`AKP`). It says nothing of use, algorithm or key id, but for `alg` of ML-DSA, which demands it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} as {@link toPem}; `UNSUPPORTED` for ML-DSA where the running Node.js has none.
 *
 * @example
 * ```ts
 * import { type Signer, toJwk } from '@sealwright/core'
 *
 * declare const signer: Signer
 * toJwk(signer.key.publicKey) // { kty: 'EC', crv: 'P-256', x: '…', y: '…' }
 * ```
 */
export function toJwk(publicKey: Uint8Array): PublicJwk;

/**
 * Returns a public key as PEM, `BEGIN PUBLIC KEY`, as openssl and every verifier read it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} `VALIDATION` if the bytes are not a public key; `UNSUPPORTED` for another kind of key.
 *
 * @example
 * ```ts
 * import { type Signer, toPem } from '@sealwright/core'
 *
 * declare const signer: Signer
 * toPem(signer.key.publicKey) // -----BEGIN PUBLIC KEY-----…
 * ```
 */
export function toPem(publicKey: Uint8Array): string;

/**
 * Returns whether `signature` is the signature of `message` under `publicKey`, strictly: ECDSA as r‖s of the exact
 * length with both in 1..n-1, RSA as long as the modulus of at least 2048 bits, PSS with a salt as long as the digest.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, or a public `KeyObject`, which saves parsing when a key is used often.
 * @returns `false` only for a bad signature.
 * @throws {@link SealwrightError} `VALIDATION` when the key is unusable or of another type than the algorithm signs with;
 * `UNSUPPORTED` when the running Node.js lacks the algorithm.
 *
 * @example
 * ```ts
 * import { type Signer, verifySignature } from '@sealwright/core'
 *
 * declare const signer: Signer
 * const message = new TextEncoder().encode('hello')
 * const { bytes, algorithm } = await signer.sign(message)
 * verifySignature(algorithm, signer.key.publicKey, message, bytes) // true
 * ```
 */
export function verifySignature(algorithm: AlgorithmId, publicKey: Uint8Array | KeyObject, message: Uint8Array, signature: Uint8Array): boolean;

// Named above, not exported:

type Identity = Awaited<ReturnType<NonNullable<KeyProvider['identify']>>>;
