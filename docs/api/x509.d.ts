// The public declarations of @sealwright/x509. Written by `npm run api`; do not edit.
import type { AlgorithmId, CallOptions, KeyDescriptor, Signer } from '@sealwright/core'
import type { KeyObject } from 'node:crypto'

export interface BasicConstraints {
    readonly ca: boolean;
    /** How many CA certificates may stand between this one and the leaf; absent: any number. */
    readonly pathLength?: number;
}

/** An X.509 certificate (RFC 5280) as it was read; every byte array is a view of {@link Certificate.der}. */
export interface Certificate extends ExtensionFacts {
    readonly der: Uint8Array;
    /** SHA-256 of `der`, 64 lower-case hexadecimal digits. */
    readonly fingerprint: string;
    readonly version: 1 | 2 | 3;
    /** Hexadecimal, lower-case, at least two digits, without a sign. */
    readonly serialNumber: string;
    readonly subject: DistinguishedName;
    readonly issuer: DistinguishedName;
    /** DER names; names are chained by comparing these bytes. */
    readonly rawSubject: Uint8Array;
    readonly rawIssuer: Uint8Array;
    readonly notBefore: Date;
    readonly notAfter: Date;
    /** DER SubjectPublicKeyInfo. */
    readonly publicKey: Uint8Array;
    /** The same for `node:crypto`, made when first asked for. Throws `VALIDATION` where the key is unsound or unknown. */
    readonly publicKeyObject: KeyObject;
    readonly extensions: readonly Extension[];
    /** OID. */
    readonly signatureAlgorithm: string;
    /** The same with its parameters: DER AlgorithmIdentifier. */
    readonly signatureAlgorithmIdentifier: Uint8Array;
    /** DER TBSCertificate, which the signature is over. */
    readonly toBeSigned: Uint8Array;
    /** ECDSA in DER. */
    readonly signature: Uint8Array;
    /** Whether it names itself as issuer, by equal bytes, and its signature holds under its own key. */
    readonly selfSigned: boolean;
}

/** ESSCertIDv2 (RFC 5035, section 4): names a certificate by its digest. */
export interface CertificateId {
    readonly hash: HashAlgorithm;
    readonly digest: Uint8Array;
    readonly issuerSerial?: IssuerAndSerial;
}

/** A PKCS #10 certification request (RFC 2986) whose signature holds under the key that it asks a certificate for. */
export interface CertificateRequest {
    readonly der: Uint8Array;
    readonly subject: DistinguishedName;
    /** DER name. */
    readonly rawSubject: Uint8Array;
    /** DER SubjectPublicKeyInfo. */
    readonly publicKey: Uint8Array;
    /** What the requester wishes for (RFC 2985, extensionRequest): an issuer decides for itself. */
    readonly extensions: readonly Extension[];
}

/** One rule broken by one certificate. */
export interface ChainFault {
    readonly rule: ChainRule;
    /** Position in the chain; the leaf is 0. */
    readonly certificate: number;
    /** What was found, beginning with a small letter: `keyUsage lacks digitalSignature (found keyEncipherment)`. */
    readonly message: string;
    /** Set where the reference implementation accepts it: whose rule it is that refuses it here. */
    readonly stricter?: StricterRule;
}

export interface ChainOptions {
    readonly purpose: ChainPurpose;
    /** The time at which every certificate must be valid; without it no time is looked at. */
    readonly at?: Date;
}

/** What a chain is to be good for. */
export type ChainPurpose = 'codeSigning' | 'timestamping';

/** The id of a rule. */
export type ChainRule = keyof typeof chainRules;

/** A CRL (RFC 5280, section 5) whose signature holds under the key of its issuer. */
export interface Crl extends CrlEntries {
    /** A view of what was read, not a copy. */
    readonly der: Uint8Array;
    /** The certificate under whose key its signature holds. */
    readonly issuer: Certificate;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    /** cRLNumber. */
    readonly number?: bigint | undefined;
    /** deltaCRLIndicator: this is a delta CRL for the base CRL of that number. */
    readonly baseNumber?: bigint | undefined;
    /** issuingDistributionPoint: which certificates it is about; absent: all that the issuer issued. */
    readonly scope?: CrlScope | undefined;
    /** Where the delta CRL of this CRL is (freshestCRL): tried in order until one is there. Empty: it has none. */
    readonly freshestCrlUrls: readonly string[];
    /** expiredCertsOnCRL: certificates that expired at this time or later stay on it. */
    readonly expiredSince?: Date | undefined;
}

/** The entries of a CRL, which stay encoded until they are asked for. */
export interface CrlEntries {
    /** How many there are. */
    readonly size: number;
    /**
     * Returns every entry of a serial number, by hash: the cost does not depend on the size of the CRL.
     *
     * @throws {@link SealwrightError} `VALIDATION` for an entry whose values are malformed.
     */
    find(serialNumber: string): readonly CrlEntry[];
    /** All of them, in the order of the CRL; throws as {@link CrlEntries.find} does. */
    entries(): Iterable<CrlEntry>;
}

/** One certificate on a CRL. */
export interface CrlEntry {
    /** As that of a certificate: hexadecimal, lower-case, at least two digits. */
    readonly serialNumber: string;
    readonly revokedAt: Date;
    /** `unspecified` where the CRL gives none. */
    readonly reason: RevocationReason;
    readonly invalidityDate?: Date | undefined;
}

/** Which certificates of its issuer a CRL is about (issuingDistributionPoint; RFC 5280, section 5.2.5). */
export interface CrlScope {
    /** The extension's value: base and delta must have the same. */
    readonly der: Uint8Array;
    /** Only certificates that name one of these URLs as a distribution point; absent: all. */
    readonly urls?: readonly string[] | undefined;
    readonly onlyContains?: 'userCerts' | 'caCerts' | undefined;
    /** It does not tell of revocations for other reasons than some. */
    readonly onlySomeReasons: boolean;
}

/** A base CRL with the delta CRL that its `freshestCrlUrls` name. */
export interface CrlWithDelta {
    readonly base: Crl;
    readonly delta: Crl;
}

/** A distinguished name (X.501), its relative names in the order of the DER encoding: the country first, as a rule. */
export interface DistinguishedName {
    readonly rdns: readonly RelativeName[];
}

export interface Extension {
    /** Dotted decimal. */
    readonly oid: string;
    readonly critical: boolean;
    /** The contents of extnValue: the DER of the extension's own type. */
    readonly value: Uint8Array;
}

/** What the extensions of a certificate say, where they are there. */
export interface ExtensionFacts {
    readonly keyUsage?: readonly KeyUsageBit[];
    readonly basicConstraints?: BasicConstraints;
    /** OIDs, in the order of the certificate. */
    readonly extendedKeyUsage?: readonly string[];
    readonly subjectKeyIdentifier?: Uint8Array;
    readonly authorityKeyIdentifier?: Uint8Array;
    /** The OCSP responders (authorityInfoAccess) and CRLs (cRLDistributionPoints) that it names: absolute URLs, as it spells them. */
    readonly ocspUrls: readonly string[];
    readonly crlUrls: readonly string[];
    /** Where it says that delta CRLs are (freshestCRL). */
    readonly freshestCrlUrls: readonly string[];
    /** id-pkix-ocsp-nocheck: whoever relies on this OCSP responder need not ask whether it was revoked (RFC 6960, section 4.2.2.2.1). */
    readonly ocspNoCheck: boolean;
}

export interface GoodStatus extends RevocationEvidence {
    readonly status: 'good';
}

/** A hash function of SHA-2, as `node:crypto` names it. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

export interface IssueCrlOptions extends CallOptions {
    /** Signs the CRL: the CA's key. */
    readonly signer: Signer;
    /** The CA's certificate, whose key the signer holds. */
    readonly issuer: Certificate;
    /** Greater than that of every CRL that the CA issued before; at most 159 bits. */
    readonly number: bigint;
    /** To the second. The next CRL should be there before `nextUpdate`. */
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    /** Each serial number once. Those of another CRL: `crl.entries()`. */
    readonly revoked: Iterable<CrlEntry>;
    /** Makes it a delta CRL for the base CRL of this number; only a delta may have entries with `removeFromCRL`. */
    readonly baseNumber?: bigint | undefined;
    /** Where the delta CRLs of this base CRL will be (freshestCRL). */
    readonly freshestCrlUrls?: readonly string[] | undefined;
}

export interface IssueOptions extends CallOptions {
    /** Signs the certificate: the CA's key, or the subject's own for a self-signed certificate. */
    readonly signer: Signer;
    /** The CA's certificate, whose key the signer holds. Absent: the certificate is self-signed. */
    readonly issuer?: Certificate | undefined;
    /** The certificates above `issuer`, up to the root, where they are known: their limits hold too. */
    readonly issuerChain?: readonly Certificate[] | undefined;
    readonly subject: Subject;
    /** DER SubjectPublicKeyInfo of the subject. Required with `issuer`; without it, the signer's own and no other. */
    readonly publicKey?: Uint8Array | undefined;
    /** Valid from and to this second, both included. */
    readonly notBefore: Date;
    readonly notAfter: Date;
    /** A CA certificate (keyCertSign, cRLSign) in place of a leaf (digitalSignature). Default false. */
    readonly ca?: boolean | undefined;
    /** For a CA: how many CA certificates may stand between it and a leaf. Absent: any number. */
    readonly pathLength?: number | undefined;
    /** What a leaf is good for: codeSigning, or critical timeStamping. Default `codeSigning`. */
    readonly purpose?: 'codeSigning' | 'timestamping' | undefined;
    /** Refuse a subject that Notation's trusted identities cannot match: C, ST and O, each attribute once. Default false. */
    readonly requireIdentity?: boolean | undefined;
    /** Positive, big-endian, at most 20 bytes. Default: 20 random bytes. */
    readonly serialNumber?: Uint8Array | undefined;
    /** Where the issuer answers for revocation, for `authorityInfoAccess` and `cRLDistributionPoints`. */
    readonly ocspUrls?: readonly string[] | undefined;
    readonly crlUrls?: readonly string[] | undefined;
}

/** Names a certificate by its issuer (DER Name) and serial number (as {@link Certificate.serialNumber}). */
export interface IssuerAndSerial {
    readonly issuer: Uint8Array;
    readonly serialNumber: string;
}

/** The bits of keyUsage (RFC 5280, section 4.2.1.3), in their order. */
export type KeyUsageBit = (typeof BITS)[number];

/** A CRL of this size or more is not read, as notation has it: 32 MiB. */
export const MAX_CRL_BYTES: number;

/** Largest OCSP response that is read, in bytes: as notation has it. */
export const MAX_OCSP_RESPONSE_BYTES: number;

export interface NameAttribute {
    /**
     * `C`, `ST`, `L`, `STREET`, `POSTALCODE`, `O`, `OU`, `CN` or `SERIALNUMBER`; for any other type its OID in dotted form,
     * or, in a name that was read from text, the unknown name as it was written.
     */
    readonly type: string;
    readonly value: string;
}

export interface OcspJudgement extends RevocationQuestion {
    /** The nonce of the request. Compared when the response carries one. */
    readonly nonce?: Uint8Array | undefined;
    /** Fingerprint of a delegated responder that was found to be not revoked: `uncheckedResponder` of {@link UnknownStatus}. */
    readonly checkedResponder?: string | undefined;
}

export interface OcspRequestOptions {
    readonly certificate: Certificate;
    /** The certificate that issued it. */
    readonly issuer: Certificate;
    /** 1 to 128 bytes. Absent: the request has none, and a responder may answer from its cache. */
    readonly nonce?: Uint8Array | undefined;
    /** Of the CertID; many deployed responders know `sha1` only. Default `sha1`. */
    readonly hash?: 'sha1' | 'sha256' | undefined;
}

export interface ReadCrlOptions {
    /** The certificate that issued the certificates in question; indirect CRLs are refused. */
    readonly issuer: Certificate;
    readonly signal?: AbortSignal | undefined;
}

/** The attributes of one relative name: one, unless the name is multi-valued. */
export type RelativeName = readonly NameAttribute[];

export interface RequestOptions extends CallOptions {
    readonly signer: Signer;
    readonly subject: Subject;
    /** Default `codeSigning`. */
    readonly purpose?: 'codeSigning' | 'timestamping';
    /** As in {@link IssueOptions}. */
    readonly requireIdentity?: boolean;
}

/** Which statement says so. */
export interface RevocationEvidence {
    readonly source: 'ocsp' | 'crl';
    /** The statement is current from `thisUpdate` to `nextUpdate`, both included; of a base with a delta CRL, the later and the earlier. */
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    /** Fingerprint of the certificate whose key signed the statement: the issuer's, or that of its delegated OCSP responder. */
    readonly signer: string;
    /**
     * The statement covers certificates that expired at this time or later, and not only those that are valid:
     * expiredCertsOnCRL (X.509, section 9.5.2.8), or the archive cutoff of an OCSP response (RFC 6960, section 4.4.4).
     */
    readonly expiredSince?: Date | undefined;
}

/** What every judgement is about. */
export interface RevocationQuestion {
    readonly certificate: Certificate;
    /** The certificate that issued it. */
    readonly issuer: Certificate;
    /** The time as of which is judged: now, as a rule. */
    readonly at: Date;
    /**
     * How far the statement may seem to come from the future, in milliseconds, for clocks that differ; 0 to 3,600,000.
     * A statement past its `nextUpdate` is never good. Default 300,000.
     */
    readonly skewMs?: number | undefined;
}

/** Why a certificate was revoked, by the name that RFC 5280 gives its code. */
export type RevocationReason = NonNullable<(typeof REVOCATION_REASONS)[number]>;

/** Whether a certificate was revoked, as one OCSP response or one CRL says. What cannot be found out is `unknown`, never `good`. */
export type RevocationStatus = GoodStatus | RevokedStatus | UnknownStatus;

export interface RevokedStatus extends RevocationEvidence {
    readonly status: 'revoked';
    readonly revokedAt: Date;
    /** `unspecified` where the statement gives none. */
    readonly reason: Exclude<RevocationReason, 'removeFromCRL'>;
    /**
     * Since when the key is known or suspected to be bad; {@link statusWhenSigned} evaluates it. Absent also where the CRL is
     * expired or incomplete: then it excuses nothing.
     */
    readonly invalidityDate?: Date | undefined;
}

/** The specification, where the reference does not follow it; RFC 5280, where neither does; or a limit of this library. */
export type StricterRule = 'specification' | 'rfc5280' | 'limit';

/** A subject as text (RFC 4514), as a structure, or as the DER that a request brings. */
export type Subject = string | DistinguishedName | Uint8Array;

/** A closed interval of time, in whole milliseconds. */
export interface TimeRange {
    readonly earliest: Date;
    readonly latest: Date;
}

/** What a TSTInfo says (RFC 3161, section 2.4.2). */
export interface TimestampInfo {
    /** OID of the policy under which the authority issued the token. */
    readonly policy: string;
    /** What was timestamped, by its digest. */
    readonly imprint: {
        readonly hash: HashAlgorithm;
        readonly digest: Uint8Array;
    };
    /** Hexadecimal, lower-case, at least two digits, without a sign. */
    readonly serialNumber: string;
    /** The time of the authority's clock; a fraction below a millisecond is cut. */
    readonly genTime: Date;
    /** How far the clock may have been off, in milliseconds with a fraction; 0 where token and policy promise nothing. */
    readonly accuracyMs: number;
    /** genTime − accuracy to genTime + accuracy, rounded outward to milliseconds. */
    readonly time: TimeRange;
    /** Whether the authority's tokens can be ordered by genTime alone. */
    readonly ordering: boolean;
    /** The contents of its INTEGER. */
    readonly nonce?: Uint8Array;
    /** DER GeneralName: the name of the authority, by its own word. */
    readonly tsa?: Uint8Array;
}

/** What a time-stamp authority is asked to vouch for. */
export interface TimestampRequest {
    readonly hash: HashAlgorithm;
    /** Of the message, as long as `hash` makes it. */
    readonly digest: Uint8Array;
    /** Random, 8 to 32 bytes: ties the response to this request. Read as an unsigned integer, big-endian. */
    readonly nonce: Uint8Array;
    /** OID of the policy that the token must be issued under; the authority chooses where it is absent. */
    readonly policy?: string | undefined;
}

/** Who signed a token, and how (SignerInfo, RFC 5652, section 5.3). */
export interface TimestampSigner {
    readonly identifier: IssuerAndSerial | {
        readonly subjectKeyIdentifier: Uint8Array;
    };
    /** From signingCertificateV2: the certificate that signed first; further ones limit the chain. */
    readonly certificateIds: readonly [CertificateId, ...CertificateId[]];
    /** Of the message digest and the signature. */
    readonly hash: HashAlgorithm;
    readonly messageDigest: Uint8Array;
    /** DER SET OF Attribute, which the signature is over. */
    readonly signedAttributes: Uint8Array;
    /** DER AlgorithmIdentifier. */
    readonly signatureAlgorithm: Uint8Array;
    readonly signature: Uint8Array;
}

/**
 * An RFC 3161 TimeStampToken as it was read: well-formed, and no more. Nothing in it is to be trusted before
 * {@link verifyTimestampToken} has accepted it.
 */
export interface TimestampToken extends TimestampInfo {
    /** The whole token, DER ContentInfo. Every other byte array is a view of it. */
    readonly der: Uint8Array;
    /** DER TSTInfo, which the signer's message digest is over. */
    readonly content: Uint8Array;
    /** The certificates that the token carries, in its order; at most 20. */
    readonly certificates: readonly Certificate[];
    readonly signer: TimestampSigner;
}

export interface UnknownStatus extends Partial<RevocationEvidence> {
    readonly status: 'unknown';
    readonly source: RevocationEvidence['source'];
    /** One clause: `the OCSP response expired at 2026-01-01T00:00:00Z`. */
    readonly why: string;
    /** Set when an authorized responder answered `unknown`: another responder need not be asked, a CRL may. */
    readonly unknownToResponder?: true | undefined;
    /**
     * Set when all holds, but the delegated responder may have been revoked itself: it has no ocsp-nocheck, and names CRLs.
     * Judge this certificate by its CRLs; when it is good, judge the response again with `checkedResponder`.
     */
    readonly uncheckedResponder?: Certificate | undefined;
}

/** What a valid token proves: that the message existed at a time within `time`, by the word of the holder of `chain[0]`. */
export interface VerifiedTimestamp {
    readonly time: TimeRange;
    /** The chain of the authority, leaf first, root last. Whether one of them is revoked is not judged here. */
    readonly chain: readonly Certificate[];
}

export interface VerifyTimestampOptions {
    /** What the token must be over: for a signature, its raw bytes. Hashed with the hash of the token's imprint. */
    readonly message: Uint8Array;
    /** Self-signed roots, one of which the chain of the authority must end in. */
    readonly roots: readonly Certificate[];
    /** Certificates of authorities that a token need not carry, such as those of a Sigstore trusted root. */
    readonly intermediates?: readonly Certificate[] | undefined;
}

/**
 * As {@link checkChain}, for callers that go no further with a bad chain.
 *
 * @throws {@link SealwrightError} `VALIDATION`: the message names the first fault, `why` all of them.
 */
export function assertChain(chain: readonly Certificate[], options: ChainOptions): void;

/** The values of one attribute type, in the order of the encoding. */
export function attributeValues(name: DistinguishedName, type: string): readonly string[];

/**
 * The algorithm that a key should sign certificates and requests with: of those that its store accepts, ECDSA by curve,
 * RSA with PKCS #1 before PSS and the hash by size.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store accepts none of them for this key.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 * import { certificateSigningAlgorithm } from '@sealwright/x509'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/ca', { algorithm: certificateSigningAlgorithm })
 * ```
 */
export function certificateSigningAlgorithm(key: KeyDescriptor): AlgorithmId;

/**
 * The rules that a chain is held to, each as a reader should see it. Source: Notary Project signature specification,
 * "Certificate Requirements"; where the reference implementation demands more, the stricter of the two.
 */
export const chainRules: {
    readonly 'chain-length': 'a chain has 1 to 20 certificates, leaf first';
    readonly 'issuer-name': 'each certificate names the next one as its issuer, by equal bytes';
    readonly 'issuer-signature': 'each certificate is signed by the key of the next one';
    readonly 'root-self-signed': 'the last certificate is self-signed';
    readonly 'self-signed-last': 'no certificate before the last one is self-signed';
    readonly 'signature-algorithm': 'certificates are signed with RSA (PKCS #1 or PSS), ECDSA or Ed25519, and SHA-2, never SHA-1 or MD5';
    readonly validity: 'every certificate is valid at the time in question';
    readonly 'ca-basic-constraints': 'a CA certificate has basicConstraints, critical, with cA true';
    readonly 'ca-path-length': 'the path length of a CA certificate allows the CA certificates below it';
    readonly 'ca-key-usage': 'a CA certificate has keyUsage, critical for code signing, with keyCertSign';
    readonly 'ca-key': 'the key of a CA certificate is RSA of 2048 bits or more, EC on a NIST curve, or Ed25519';
    readonly 'name-constraints': 'nameConstraints of a CA certificate permit, and do not exclude, the names of the certificates below it';
    readonly 'leaf-basic-constraints': 'the leaf is not a CA: basicConstraints is absent or has cA false';
    readonly 'leaf-key-usage': 'the leaf has keyUsage, critical for code signing, with digitalSignature; contentCommitment is the only other bit allowed';
    readonly 'leaf-extended-key-usage': 'extendedKeyUsage of a code-signing leaf has none of serverAuth, clientAuth, emailProtection, timeStamping, OCSPSigning and any';
    readonly 'timestamping-extended-key-usage': 'extendedKeyUsage of a timestamping leaf is critical and exactly timeStamping';
    readonly 'leaf-key': 'the key of the leaf is RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521';
};

/**
 * Checks a chain, leaf first and root last, against the certificate profile of the Notary Project ({@link chainRules}). It
 * does not check whether the root is trusted.
 *
 * Extensions other than basicConstraints, keyUsage, extendedKeyUsage and nameConstraints are not evaluated, critical or
 * not, as the specification demands; it would have nameConstraints ignored too, which would let a CA sign for names that
 * the CA above it does not vouch for. Validity periods need not nest. A chain of one is a self-signed leaf.
 *
 * @returns Every rule that is broken, from the leaf to the root; empty for a good chain.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { checkChain, parseCertificates } from '@sealwright/x509'
 *
 * const chain = parseCertificates(await readFile('release.crt'), 'release.crt')
 * for (const { rule, message } of checkChain(chain, { purpose: 'codeSigning' })) console.error(rule, message)
 * ```
 */
export function checkChain(chain: readonly Certificate[], options: ChainOptions): readonly ChainFault[];

/**
 * Holds every certificate of a chain to its validity period for the whole of a range of time, such as the one that a
 * timestamp proves. The other rules are for {@link checkChain}.
 *
 * @returns One fault of the rule `validity` for each certificate that was not valid throughout.
 */
export function checkValidity(chain: readonly Certificate[], time: TimeRange): readonly ChainFault[];

/**
 * Reads a DER `Name` (RFC 5280, section 4.1.2.4).
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeDistinguishedName(bytes: Uint8Array, label?: string): DistinguishedName;

/**
 * Certificates as a PEM bundle, in the order given.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { type Certificate, encodeCertificates } from '@sealwright/x509'
 *
 * declare const chain: readonly Certificate[]
 * await writeFile('release.crt', encodeCertificates(chain))
 * ```
 */
export function encodeCertificates(certificates: readonly Certificate[]): string;

/**
 * Writes a DER `Name`: UTF8String, or PrintableString and IA5String where the type of the attribute demands it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a type without an OID, an empty value, a country that is not a two-letter
 * code, or a character that the type cannot hold.
 */
export function encodeDistinguishedName(name: DistinguishedName): Uint8Array;

/**
 * Prints a name as notation does (Go's `pkix.Name.String`): the values of one type gathered, the common name first, the
 * country behind it, types without a name of their own last as `OID=#hex`.
 *
 * Two things differ, both so that a reader sees what is there: all common names and serial numbers are printed, where Go
 * keeps the last; characters that steer a terminal or reorder text are printed as `\XX` (RFC 4514, section 2.4).
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { formatDistinguishedName, parseCertificates } from '@sealwright/x509'
 *
 * for (const { subject } of parseCertificates(await readFile('release.crt'), 'release.crt'))
 *   console.log(formatDistinguishedName(subject)) // CN=release,O=Acme,ST=Hessen,C=DE
 * ```
 */
export function formatDistinguishedName(name: DistinguishedName): string;

/** Whether `certificate` names `issuer` as its issuer, by equal bytes, and its signature holds under the issuer's key. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean;

/**
 * Issues a certificate, signed by a key that stays in its store. A leaf with a key of a Notary Project type meets the
 * profile of {@link checkChain}.
 *
 * Extensions: basicConstraints and keyUsage, both critical; extendedKeyUsage (leaf); subjectKeyIdentifier;
 * authorityKeyIdentifier (unless self-signed).
 *
 * @throws {@link SealwrightError} `VALIDATION`, also where a CA above must not vouch for the subject (nameConstraints) or for
 * one more CA (path length); `KEY_MISMATCH` when the signer's key is not the issuer's; `INTEGRITY` when the finished
 * certificate does not hold under that key; and whatever the signer throws.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { issueCertificate } from '@sealwright/x509'
 *
 * declare const signer: Signer
 * const now = new Date()
 * const { der } = await issueCertificate({
 *   signer,
 *   subject: 'CN=release,O=Acme,ST=Hessen,C=DE',
 *   notBefore: now,
 *   notAfter: new Date(now.getTime() + 90 * 86_400_000),
 * })
 * ```
 */
export function issueCertificate(options: IssueOptions): Promise<Certificate>;

/**
 * Issues a CRL (RFC 5280, section 5), version 2 with cRLNumber and authorityKeyIdentifier, signed by a key that stays in
 * its store.
 *
 * @returns What {@link readCrl} reads of it.
 * @throws {@link SealwrightError} `VALIDATION`; `KEY_MISMATCH` when the signer's key is not the issuer's; `INTEGRITY` when
 * the finished CRL does not hold under that key; and whatever the signer throws.
 */
export function issueCrl(options: IssueCrlOptions): Promise<Crl>;

/**
 * Judges a certificate by one CRL, or by a base and its delta CRL.
 *
 * A base CRL that names a delta (`freshestCrlUrls`), or that is about some reasons only, never shows a certificate to be
 * good by itself. A certificate that names several CRLs is good when every one says so. An entry for another reason than
 * certificateHold revokes for good: also when the CRL has expired, and whatever the delta says.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a skew out of range, and an issuer that the certificate does not name.
 */
export function judgeCrl(crl: Crl | CrlWithDelta, question: RevocationQuestion): RevocationStatus;

/**
 * Judges an OCSP response, as it came from a responder, a cache or an archive. It never throws for what the response
 * holds.
 *
 * It is taken from the issuer itself, or from a responder whose certificate the issuer issued with the extended key usage
 * OCSPSigning, by the responder's name or the hash of its key; only with a nextUpdate.
 *
 * @param response - DER OCSPResponse of at most {@link MAX_OCSP_RESPONSE_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` for a skew out of range, and an issuer that the certificate does not name.
 */
export function judgeOcsp(response: Uint8Array, question: OcspJudgement): RevocationStatus;

/**
 * Returns an OCSP request (RFC 6960, section 4.1) for one certificate, unsigned. Sent by POST as
 * `application/ocsp-request`, or by GET ({@link ocspUrl}).
 *
 * @returns DER.
 * @throws {@link SealwrightError} `VALIDATION` for a nonce of another length.
 */
export function ocspRequest({ certificate, issuer, nonce, hash: algorithm, }: OcspRequestOptions): Uint8Array;

/**
 * Returns the URL that asks by GET (RFC 6960, appendix A.1); `undefined` when the request is too long for it, 255
 * characters or more, and has to be sent by POST.
 *
 * @param base - The responder's URL as the certificate names it.
 * @throws {@link SealwrightError} `VALIDATION` when `base` is not an absolute URL.
 */
export function ocspUrl(base: string, request: Uint8Array): string | undefined;

/**
 * Puts certificates, as a file may hold them in any order, into the order of a chain: leaf first. Copies of a certificate
 * count once. The root may be missing; {@link checkChain} says so.
 *
 * @throws {@link SealwrightError} `VALIDATION` when they are not one chain: nothing given, two leaves, two issuers of one
 * certificate, or a circle.
 */
export function orderChain(certificates: readonly Certificate[]): Certificate[];

/**
 * Reads one certificate in strict DER.
 *
 * Refused are trailing bytes, BER, a second extension of a kind, extensions before version 3, a negative serial number,
 * and a signature algorithm that differs within and outside of what is signed. An unknown key type or algorithm is
 * accepted here: the rules of {@link checkChain} judge it.
 *
 * @param der - Copied; at most 1 MiB.
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseCertificate(der: Uint8Array, label?: string): Certificate;

/**
 * Reads a request in strict DER and verifies that its signature holds under its own key.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseCertificateRequest(bytes: Uint8Array, label?: string): CertificateRequest;

/**
 * Reads a file of certificates: a PEM bundle, in the order of the file, or one certificate in DER.
 *
 * A file with anything else is refused, above all a private key: files for others must not contain it.
 *
 * @param bytes - At most 4 MiB and 1,000 certificates.
 * @param label - Names the file in messages, which never show its contents.
 * @returns At least one certificate.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseCertificates } from '@sealwright/x509'
 *
 * const [leaf] = parseCertificates(await readFile('release.crt'), 'release.crt')
 * leaf?.notAfter // a Date
 * ```
 */
export function parseCertificates(bytes: Uint8Array, label: string): Certificate[];

/**
 * Reads a name in the form of RFC 4514, most specific relative name first: `CN=release,O=Acme,ST=Hessen,C=DE`.
 *
 * As notation does, it takes spaces around types and values, `;` for `,`, and `S` for `ST`; types are matched in the
 * case they are written in, and an unknown name is kept as the type. Multi-valued names (`+`) and `#hex` values are read:
 * whoever must not have them looks at the structure.
 *
 * @throws {@link SealwrightError} `VALIDATION`, with the position of the fault.
 */
export function parseDistinguishedName(text: string): DistinguishedName;

/**
 * Reads a CRL in strict DER, verifies its signature under the issuer's key, and indexes its entries by serial number: one
 * pass that gives way to other work at least every 50 ms, after which any number of certificates are judged.
 *
 * Memory: less than the bytes themselves once more for the index; a copy of the bytes while the signature is verified.
 *
 * @param der - Not copied: it must not change afterwards. Less than {@link MAX_CRL_BYTES}.
 * @throws {@link SealwrightError} `VALIDATION` for what is malformed, without nextUpdate, of another issuer, indirect, or
 * has a critical extension that is unknown; `INTEGRITY` when the signature does not hold; `ABORTED`.
 */
export function readCrl(der: Uint8Array, { issuer, signal }: ReadCrlOptions): Promise<Crl>;

/**
 * Reads a TimeStampResp (RFC 3161, section 2.4.2), the body of an `application/timestamp-reply`, and compares its token
 * with the request: imprint, nonce, policy, and whether it carries the certificate of its signer.
 * {@link verifyTimestampToken} judges the token.
 *
 * @param response - DER, at most 1 MiB.
 * @throws {@link SealwrightError} `UNAVAILABLE` when the authority says that it cannot answer now, `UNSUPPORTED` when it
 * does not serve such requests (algorithm, policy, extension), `ACCESS_DENIED` when it refuses this one for another reason,
 * `INTEGRITY` when the token answers another request, `VALIDATION` for what is malformed.
 */
export function readTimestampResponse(response: Uint8Array, request: TimestampRequest): TimestampToken;

/**
 * Reads an RFC 3161 TimeStampToken: a CMS SignedData (RFC 5652) over a TSTInfo of version 1, with exactly one signer and
 * the signed attributes contentType, messageDigest and signingCertificateV2.
 *
 * Refused are BER, hashes other than SHA-256, SHA-384 and SHA-512, attribute certificates, and critical extensions.
 *
 * @param der - Copied; at most 1 MiB.
 * @param label - Names the input in messages.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readTimestampToken(der: Uint8Array, label?: string): TimestampToken;

/**
 * Makes a PKCS #10 request for a leaf certificate of the signer's key, signed by that key where it lives. It asks for the
 * key usages that the Notary Project profile demands.
 *
 * @returns DER.
 * @throws {@link SealwrightError} `VALIDATION` for the subject; whatever the signer throws.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { requestCertificate } from '@sealwright/x509'
 *
 * declare const signer: Signer
 * const der = await requestCertificate({ signer, subject: 'CN=release,O=Acme,ST=Hessen,C=DE' })
 * ```
 */
export function requestCertificate(options: RequestOptions): Promise<Uint8Array>;

/**
 * Returns the status for a signature made at an authentic time: a certificate that is revoked counts as good when the
 * statement has an invalidityDate, and it is later. Without an invalidityDate a revoked certificate stays revoked, also
 * when it was revoked after the signature was made: the Notary Project trust policy specification, "Certificate
 * Revocation Evaluation".
 *
 * @param signedAt - The authentic signing time; absent when there is none. A signing time that the signer claims is none.
 */
export function statusWhenSigned(status: RevocationStatus, signedAt: Date | undefined): RevocationStatus;

/**
 * Returns a TimeStampReq (RFC 3161, section 2.4.1) in DER, to be sent as `application/timestamp-query`. It asks for the
 * certificates of the authority.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a digest or nonce of another length and for a malformed OID.
 */
export function timestampRequest({ hash, digest, nonce, policy }: TimestampRequest): Uint8Array;

/**
 * Verifies a token: its imprint, the signature of its signer, and the shortest chain of certificates from there to one of
 * the roots that meets at genTime the rules for `timestamping` of {@link checkChain}, and those of RFC 5280 on extended key
 * usages of CAs and critical extensions. Revocation is left to the caller.
 *
 * Sources: RFC 3161 section 2.3, RFC 5816, and the Notary Project trust policy specification, "Authentic Timestamp".
 *
 * @throws {@link SealwrightError} `INTEGRITY` when the imprint, the digest, the signature or the certificate of the signer
 * does not match, `VALIDATION` when no chain to a root meets the rules.
 */
export function verifyTimestampToken(token: TimestampToken, { message, roots, intermediates }: VerifyTimestampOptions): VerifiedTimestamp;

// Named above, not exported:

const BITS: readonly ['digitalSignature', 'contentCommitment', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'];

/** Reason codes by their values (RFC 5280, section 5.3.1); 7 is not used. */
const REVOCATION_REASONS: readonly ['unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'certificateHold', undefined, 'removeFromCRL', 'privilegeWithdrawn', 'aACompromise'];
