// The public declarations of @sealwright/core/dsse. Written by `npm run api`; do not edit.

/** DSSE signs nothing beside payload and type. */
export type DsseAttributes = Readonly<Record<string, never>>;

export interface DssePayload {
    /** A media type or URI that says how to read `payload`; signed with it. Not empty. */
    readonly payloadType: string;
    readonly payload: Uint8Array;
}

/**
 * DSSE v1. Any number of signers: each gives the envelope so far as `onto`, and need not meet the others. A key that has
 * signed already is refused with `VALIDATION`, so that a count of signatures is not a count of one key's repetitions.
 *
 * The envelope has no place for an algorithm (it belongs to the verifier's key), certificates (they travel outside, the
 * leaf is checked against the key all the same), timestamps or log entries (`UNSUPPORTED`).
 *
 * @see github.com/secure-systems-lab/dsse, v1.0.2
 */
export const dsse: EnvelopeFormat<DssePayload, DsseAttributes>;

/**
 * DSSE's pre-authentication encoding: the bytes that are signed, `DSSEv1 <length> <payloadType> <length> <payload>`.
 *
 * @see DSSE v1.0.2, protocol.md, "Signature Definition"
 * @throws {@link SealwrightError} `VALIDATION` for a payload type with a lone surrogate.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array;

// Named above, not exported:

/** The inputs a store takes for one algorithm of one key. */
interface Accepts {
    /** The digest of the message under the algorithm's hash. */
    readonly digest?: true | undefined;
    /** ML-DSA only: the 64-byte message representative μ (FIPS 204, algorithm 7, with an empty context). */
    readonly mu?: true | undefined;
    /** The message itself; the value is the most bytes the store takes. */
    readonly message?: number | undefined;
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
    readonly timestamps?: readonly Uint8Array[] | undefined;
    readonly logEntries?: readonly Uint8Array[] | undefined;
    /** Of formats that have a place for it: {@link StaplingFormat}. */
    readonly stapled?: StapledEvidence | undefined;
    /** Why what was stapled to an opened envelope cannot be read; the signature is none the worse for it. */
    readonly stapledFault?: string | undefined;
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
    readonly presence?: 'touch' | 'pin' | undefined;
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
    readonly requestId?: string | undefined;
    readonly certificates?: readonly Uint8Array[] | undefined;
}

/** Always a key; a chain, if certificates vouch for it. */
interface SignerIdentity {
    readonly key: KeyDescriptor;
    readonly algorithm: AlgorithmId;
    /** A hint, never trusted. */
    readonly keyId?: string | undefined;
    /** DER, leaf first; its key is `key.publicKey`, or `KEY_MISMATCH`. */
    readonly certificates?: readonly Uint8Array[] | undefined;
}

/** Evidence that is carried in an envelope beside its one timestamp. Nothing of it is signed by the signer. */
interface StapledEvidence {
    /** DER RFC 3161 TimeStampTokens over {@link StaplingFormat.stapledMessage}; at most 8, of at most 64 KiB each. */
    readonly timestamps?: readonly Uint8Array[] | undefined;
    /** DER OCSPResponses; at most 16, of at most 20 KiB each. */
    readonly ocsp?: readonly Uint8Array[] | undefined;
    /** DER CertificateLists; at most 16, of at most 64 KiB each. */
    readonly crls?: readonly Uint8Array[] | undefined;
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
    readonly algorithm?: AlgorithmId | undefined;
    readonly certificates?: readonly Uint8Array[] | undefined;
    readonly keyId?: string | undefined;
}
