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
    readonly ocspUrls: readonly string[];
    readonly crlUrls: readonly string[];
}

export interface IssueOptions extends CallOptions {
    /** Signs the certificate: the CA's key, or the subject's own for a self-signed certificate. */
    readonly signer: Signer;
    /** The CA's certificate, whose key the signer holds. Absent: the certificate is self-signed. */
    readonly issuer?: Certificate;
    readonly subject: Subject;
    /** DER SubjectPublicKeyInfo of the subject. Required with `issuer`; without it, the signer's own and no other. */
    readonly publicKey?: Uint8Array;
    /** Valid from and to this second, both included. */
    readonly notBefore: Date;
    readonly notAfter: Date;
    /** A CA certificate (keyCertSign, cRLSign) in place of a leaf (digitalSignature). Default false. */
    readonly ca?: boolean;
    /** For a CA: how many CA certificates may stand between it and a leaf. Absent: any number. */
    readonly pathLength?: number;
    /** What a leaf is good for: codeSigning, or critical timeStamping. Default `codeSigning`. */
    readonly purpose?: 'codeSigning' | 'timestamping';
    /** Refuse a subject that Notation's trusted identities cannot match: C, ST and O, each attribute once. Default false. */
    readonly requireIdentity?: boolean;
    /** Positive, big-endian, at most 20 bytes. Default: 20 random bytes. */
    readonly serialNumber?: Uint8Array;
    /** Where the issuer answers for revocation, for `authorityInfoAccess` and `cRLDistributionPoints`. */
    readonly ocspUrls?: readonly string[];
    readonly crlUrls?: readonly string[];
}

/** The bits of keyUsage (RFC 5280, section 4.2.1.3), in their order. */
export type KeyUsageBit = (typeof BITS)[number];

export interface NameAttribute {
    /**
     * `C`, `ST`, `L`, `STREET`, `POSTALCODE`, `O`, `OU`, `CN` or `SERIALNUMBER`; for any other type its OID in dotted form,
     * or, in a name that was read from text, the unknown name as it was written.
     */
    readonly type: string;
    readonly value: string;
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

/** Where it may be asked whether a certificate was revoked: absolute URLs as the certificate spells them. */
export interface RevocationSources {
    readonly ocsp: readonly string[];
    readonly crl: readonly string[];
}

/** The specification, where the reference does not follow it; or a limit of this library. */
export type StricterRule = 'specification' | 'limit';

/** A subject as text (RFC 4514), as a structure, or as the DER that a request brings. */
export type Subject = string | DistinguishedName | Uint8Array;

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
    readonly 'leaf-basic-constraints': 'the leaf is no CA: basicConstraints is absent or has cA false';
    readonly 'leaf-key-usage': 'the leaf has keyUsage, critical for code signing, with digitalSignature; contentCommitment is the only other bit allowed';
    readonly 'leaf-extended-key-usage': 'extendedKeyUsage of a code-signing leaf has none of serverAuth, clientAuth, emailProtection, timeStamping, OCSPSigning and any';
    readonly 'timestamping-extended-key-usage': 'extendedKeyUsage of a timestamping leaf is critical and exactly timeStamping';
    readonly 'leaf-key': 'the key of the leaf is RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521';
};

/**
 * Holds a chain, leaf first and root last, to the certificate profile of the Notary Project ({@link chainRules}). Whether
 * its root is trusted is another question.
 *
 * Extensions other than basicConstraints, keyUsage and extendedKeyUsage are not evaluated, critical or not, as the
 * specification demands; validity periods need not nest. A chain of one is a self-signed leaf.
 *
 * @returns Every rule that is broken, from the leaf to the root; empty for a good chain.
 */
export function checkChain(chain: readonly Certificate[], options: ChainOptions): readonly ChainFault[];

/**
 * Reads a DER `Name` (RFC 5280, section 4.1.2.4).
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeDistinguishedName(bytes: Uint8Array, label?: string): DistinguishedName;

/** Certificates as a PEM bundle, in the order given. */
export function encodeCertificates(certificates: readonly Certificate[]): string;

/**
 * Writes a DER `Name`: UTF8String, or PrintableString and IA5String where the type of the attribute demands it.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a type without an OID, an empty value, a country that is no two-letter
 * code, or a character that the type cannot hold.
 */
export function encodeDistinguishedName(name: DistinguishedName): Uint8Array;

/**
 * Prints a name as notation does (Go's `pkix.Name.String`): the values of one type gathered, the common name first, the
 * country behind it, types without a name of their own last as `OID=#hex`.
 *
 * Two things differ, both so that a reader sees what is there: all common names and serial numbers are printed, where Go
 * keeps the last; characters that steer a terminal or reorder text are printed as `\XX` (RFC 4514, section 2.4).
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
 * @throws {@link SealwrightError} `VALIDATION`; `KEY_MISMATCH` when the signer's key is not the issuer's; `INTEGRITY` when
 * the finished certificate does not hold under that key; and whatever the signer throws.
 */
export function issueCertificate(options: IssueOptions): Promise<Certificate>;

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
 * and a signature algorithm that differs within and outside of what is signed. A key or an algorithm that is unknown is
 * no reason to refuse: the rules of {@link checkChain} judge it.
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
 * A file that holds anything else beside is refused, a private key above all: what is handed to others must not carry it.
 *
 * @param bytes - At most 4 MiB and 1,000 certificates.
 * @param label - Names the file in messages, which never show its contents.
 * @returns At least one certificate.
 * @throws {@link SealwrightError} `VALIDATION`.
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
 * Makes a PKCS #10 request for a leaf certificate of the signer's key, signed by that key where it lives. It asks for the
 * key usages that the Notary Project profile demands.
 *
 * @returns DER.
 * @throws {@link SealwrightError} `VALIDATION` for the subject; whatever the signer throws.
 */
export function requestCertificate(options: RequestOptions): Promise<Uint8Array>;

/**
 * The OCSP responders (authorityInfoAccess) and CRLs (cRLDistributionPoints) that a certificate names. Both empty: its
 * issuer cannot revoke it, as far as a verifier can know.
 */
export function revocationSources(certificate: Certificate): RevocationSources;

// Named above, not exported:

const BITS: readonly ['digitalSignature', 'contentCommitment', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'];
