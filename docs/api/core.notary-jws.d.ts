// The public declarations of @sealwright/core/notary-jws. Written by `npm run api`; do not edit.

export interface ExtendedAttribute {
    /** An integer in COSE only. */
    readonly key: string | number;
    /** JSON in a JWS; in COSE what `decodeCbor` gives and `encodeCbor` takes. */
    readonly value: unknown;
    /** A verifier that does not understand it must refuse the signature. */
    readonly critical: boolean;
}

/** What a Notary Project signature says of itself, beside its payload. */
export interface NotaryAttributes {
    /** Default `notary.x509`. */
    readonly signingScheme?: 'notary.x509' | 'notary.x509.signingAuthority' | undefined;
    /** To the second when signing. `authenticSigningTime` under `notary.x509.signingAuthority`, else untrusted. */
    readonly signingTime: Date;
    /** To the second when signing; later than `signingTime`. */
    readonly expiry?: Date | undefined;
    /** Signed attributes that the Notary specification does not define, verification plug-ins included. */
    readonly extended?: readonly ExtendedAttribute[] | undefined;
    /** What made the envelope, as product and version. Unsigned. */
    readonly signingAgent?: string | undefined;
}

/**
 * The algorithm that the Notary Project prescribes for a key.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the key types that it has an algorithm for; `UNSUPPORTED` for a
 *   public key of no type that we know.
 */
export function notaryAlgorithmFor(key: KeyDescriptor): AlgorithmId;

/**
 * The Notary Project's JWS envelope: flattened JSON (RFC 7515 §7.2.2) with one signature and its chain in `x5c`. It holds
 * at most one timestamp, no log entries and no key id; `onto` is `UNSUPPORTED`. Revocation statements and further timestamps
 * are stapled in the unprotected header `etsiU` (JAdES, ETSI TS 119 182-1), which notation passes over.
 *
 * `open` reads what notation writes and refuses what merely parses under Go's rules: duplicate members, member names in
 * another case, base64 that is not canonical. Members it does not know are passed over, as notation does.
 *
 * @see Notary Project specifications, "JWS signature envelope"
 */
export const notaryJws: StaplingFormat<TargetArtifact, NotaryAttributes>;

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

/** A format whose envelopes take more unsigned evidence after they were signed. */
interface StaplingFormat<Content, Attributes> extends EnvelopeFormat<Content, Attributes> {
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

/** The `targetArtifact` of a Notary Project payload: the descriptor of what is signed. */
interface TargetArtifact {
    readonly mediaType: string;
    /** `<algorithm>:<hex>`. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    /** User metadata; keys under `io.cncf.notary` are reserved. */
    readonly annotations?: Readonly<Record<string, string>>;
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
