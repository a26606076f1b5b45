// The public declarations of @sealwright/core/nv2. Written by `npm run api`; do not edit.

/** The signed times, in whole seconds; parts of a second are cut off. Nothing proves them. */
export interface Nv2Attributes {
    /** `iat`. The prototype always writes it. */
    readonly issuedAt?: Date;
    /** `nbf`; the prototype writes it with `expiry` only. */
    readonly notBefore?: Date;
    /** `exp`; after the two others. */
    readonly expiry?: Date;
}

/** The manifest that an nv2 signature is over. */
export interface Nv2Content {
    readonly mediaType: string;
    /** `sha256:`, `sha384:` or `sha512:` and the hash in lower-case hexadecimal. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    /** Where the signer says that the manifest comes from: `registry.example/app:v1`. At least one, or absent. */
    readonly references?: readonly string[];
}

/** As {@link Nv2Content}: the first form of the prototype did not sign the media type. */
export type Nv2FirstContent = Omit<Nv2Content, 'mediaType'>;

/** The forms of an nv2 signature: the overview's JSON, the prototype's first JSON, its token. */
export type Nv2Form = 'json' | 'first-json' | 'jwt';

/** An nv2 signature of any form; nothing of it is true before its signature holds under a trusted key. */
export interface OpenedNv2 {
    readonly form: Nv2Form;
    /** As a registry stores it. */
    readonly mediaType: string;
    /** Exactly one signature. */
    readonly envelope: UnverifiedEnvelope<Nv2Content | Nv2FirstContent, Nv2Attributes>;
}

/**
 * The JSON of the Notary v2 overview, `{"signed":{exp,nbf,iat,mediaType,digest,size,references},"signature":{typ,sig,alg,kid|x5c}}`.
 * Signed are the bytes of `signed` as they stand. With certificates `x5c` names the signer, else `kid`.
 *
 * A format of the `nv2` command: its identities are host names in certificates, and no trust policy counts it.
 */
export const nv2: EnvelopeFormat<Nv2Content, Nv2Attributes>;

/**
 * The first JSON of the prototype (0.1), byte for byte: as {@link nv2}, without the media type and in another order.
 *
 * @see github.com/notaryproject/nv2 at efe151d
 */
export const nv2First: EnvelopeFormat<Nv2FirstContent, Nv2Attributes>;

/**
 * The token of the prototype from 0.2 on, byte for byte: header, claims and signature in base64url with dots between and
 * nothing after. A JWS (RFC 7515), its certificates in standard base64.
 *
 * @see github.com/notaryproject/nv2 at a7ae4eb
 */
export const nv2Jwt: EnvelopeFormat<Nv2Content, Nv2Attributes>;

/**
 * The key id of docker/libtrust, by which the prototype names keys: the first 240 bits of the SHA-256 of the public key in
 * base32, in 12 groups of 4 with colons between.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 */
export function nv2KeyId(publicKey: Uint8Array): string;

/**
 * Reads an nv2 signature of whichever form it is, as strictly as the form's own reader.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function openNv2(bytes: Uint8Array): OpenedNv2;

// Named above, not exported:

/** The inputs a store takes for one algorithm of one key. */
interface Accepts {
    /** The digest of the message under the algorithm's hash. */
    readonly digest?: true;
    /** ML-DSA only: the 64-byte message representative μ (FIPS 204, algorithm 7, with an empty context). */
    readonly mu?: true;
    /** The message itself; the value is the most bytes the store takes. */
    readonly message?: number;
}

/** A fully specified signature algorithm (RFC 7518, RFC 8812, RFC 9864, RFC 9964); never "EdDSA", never "RSA". */
type AlgorithmId = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'ES256K' | 'Ed25519' | 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87';

/** Which bytes are signed, and how the envelope closes around the signature. One file a format. */
interface EnvelopeFormat<Content, Attributes> {
    readonly mediaType: string;
    /** The algorithm the format prescribes for a key. `VALIDATION`, naming the choices, where nothing is prescribed. */
    algorithmFor(key: KeyDescriptor): AlgorithmId;
    /** `onto`: the bytes of an envelope over the same content that gains a signature. */
    prepare(content: Content, attributes: Attributes, identity: SignerIdentity, onto?: Uint8Array): Prepared;
    /** Strict; keeps the received bytes. Throws `VALIDATION`. */
    open(bytes: Uint8Array): UnverifiedEnvelope<Content, Attributes>;
}

/** What is attached unsigned. */
interface Evidence {
    /** DER RFC 3161 TimeStampTokens. */
    readonly timestamps?: readonly Uint8Array[];
    readonly logEntries?: readonly Uint8Array[];
}

/** One key version, as its store describes it. */
interface KeyDescriptor {
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
    readonly presence?: 'touch' | 'pin';
}

/** The bytes to sign, whole or in chunks. Read once. */
type Message = Uint8Array | AsyncIterable<Uint8Array>;

interface Prepared {
    readonly toBeSigned: Message;
    close(signature: Signature, evidence: Evidence): Uint8Array;
}

interface Signature {
    /** ECDSA as r‖s (IEEE P1363), each half of the curve's length; RSA, Ed25519 and ML-DSA as their RFCs have it. */
    readonly bytes: Uint8Array;
    readonly algorithm: AlgorithmId;
    readonly key: KeyDescriptor;
    readonly requestId?: string;
    readonly certificates?: readonly Uint8Array[];
}

/** Always a key; a chain, if certificates vouch for it. */
interface SignerIdentity {
    readonly key: KeyDescriptor;
    readonly algorithm: AlgorithmId;
    /** A hint, never trusted. */
    readonly keyId?: string;
    /** DER, leaf first; its key is `key.publicKey`, or `KEY_MISMATCH`. */
    readonly certificates?: readonly Uint8Array[];
}

interface UnverifiedEnvelope<Content, Attributes> {
    readonly payload: Uint8Array;
    readonly payloadType: string;
    readonly signatures: readonly UnverifiedSignature<Attributes>[];
    /** Called by verification, after a signature holds. Throws `VALIDATION`. */
    content(): Content;
}

/** Claims, no more: nothing of it is true before the signature holds under a trusted key. */
interface UnverifiedSignature<Attributes> {
    readonly toBeSigned: Uint8Array;
    readonly bytes: Uint8Array;
    readonly attributes: Attributes;
    readonly evidence: Evidence;
    readonly algorithm?: AlgorithmId;
    readonly certificates?: readonly Uint8Array[];
    readonly keyId?: string;
}
