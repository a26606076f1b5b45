// The public declarations of @sealwright/nv2. Written by `npm run api`; do not edit.
import type { EnvelopeFormat, UnverifiedEnvelope } from '@sealwright/core'
import type { ArtifactStore, Descriptor, PushResult, StoreCall } from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'

/** The signed times, in whole seconds; parts of a second are cut off. Nothing proves them. */
export interface Nv2Attributes {
    /** `iat`. The prototype always writes it. */
    readonly issuedAt?: Date;
    /** `nbf`; the prototype writes it with `expiry` only. */
    readonly notBefore?: Date;
    /** `exp`; after the two others. */
    readonly expiry?: Date;
}

/** The manifest that an nv2 signature signs. */
export interface Nv2Content {
    readonly mediaType: string;
    /** `sha256:`, `sha384:` or `sha512:` and the hash in lower-case hexadecimal. */
    readonly digest: string;
    /** Bytes. */
    readonly size: number;
    /** Where the signer says that the manifest comes from: `registry.example/app:v1`. At least one, or absent. */
    readonly references?: readonly string[];
}

/** {@link Nv2Content} of the first form, which does not sign the media type. */
export type Nv2FirstContent = Omit<Nv2Content, 'mediaType'>;

/** The forms of an nv2 signature: the overview's JSON, the prototype's first JSON, its token. */
export type Nv2Form = 'json' | 'first-json' | 'jwt';

/** Why a signature is not accepted. */
export interface Nv2Refusal {
    readonly code: 'MALFORMED' | 'TAMPERED' | 'UNTRUSTED' | 'CERTIFICATE' | 'EXPIRED';
    readonly why: string;
}

/** Whose nv2 signatures are accepted. */
export interface Nv2Trust {
    /** Certificates of signers; they vouch for other certificates too, as in the prototype. */
    readonly signers: readonly Certificate[];
    /** Certificates that issue those of signers. */
    readonly authorities: readonly Certificate[];
}

/** An nv2 signature of any form. Nothing in it is verified. */
export interface OpenedNv2 {
    readonly form: Nv2Form;
    /** As a registry stores it. */
    readonly mediaType: string;
    /** Exactly one signature. */
    readonly envelope: UnverifiedEnvelope<Nv2Content | Nv2FirstContent, Nv2Attributes>;
}

/** An nv2 signature, stored. */
export interface PushedNv2 {
    /** The artifact that has the signature as its config. */
    readonly artifact: Descriptor;
    /** Whether it was stored before; then it is unchanged. */
    readonly existed: boolean;
    /** How the store lists it. */
    readonly referrers?: PushResult['referrers'] | undefined;
}

/** A referrer of an nv2 type: its signature, or the reason why it has none of this manifest. */
export type StoredNv2 = {
    readonly artifact: Descriptor;
    /** Describes the bytes of the signature. */
    readonly config: Descriptor;
    readonly bytes: Uint8Array;
} | {
    readonly artifact: Descriptor;
    readonly fault: string;
};

/**
 * Compares what a signature signs with a manifest. The first JSON form does not sign the media type.
 *
 * @returns `undefined` if they are the same.
 *
 * @example
 * ```ts
 * import { judgeNv2Manifest, type OpenedNv2 } from '@sealwright/nv2'
 * import { layoutDirectory } from '@sealwright/oci'
 *
 * declare const opened: OpenedNv2
 * const manifest = await layoutDirectory('image').resolve('v1')
 * judgeNv2Manifest(opened, manifest)?.why // undefined: the signature is for this manifest
 * ```
 */
export function judgeNv2Manifest({ envelope }: OpenedNv2, manifest: Descriptor): Nv2Refusal | undefined;

/**
 * Verifies a signature at a time, whatever it signs: the certificate of its signer leads to a trusted one, is for the hosts
 * of all signed references, and the signature holds under its key.
 *
 * @returns `undefined` for a good signature. Whether it signs the right manifest is for {@link judgeNv2Manifest}.
 *
 * @example
 * ```ts
 * import { judgeNv2Signature, type Nv2Trust, type OpenedNv2 } from '@sealwright/nv2'
 *
 * declare const opened: OpenedNv2
 * declare const trust: Nv2Trust
 * const refusal = judgeNv2Signature(opened, trust, new Date())
 * if (refusal !== undefined) console.error(refusal.code, refusal.why)
 * ```
 */
export function judgeNv2Signature({ envelope }: OpenedNv2, trust: Nv2Trust, at: Date): Nv2Refusal | undefined;

/**
 * The JSON of the Notary v2 overview, `{"signed":{exp,nbf,iat,mediaType,digest,size,references},"signature":{typ,sig,alg,kid|x5c}}`.
 * The bytes of `signed` are signed, unchanged. `x5c` identifies the signer if it has certificates, else `kid`.
 *
 * Its identities are host names in certificates, and no trust policy counts it.
 */
export const nv2: EnvelopeFormat<Nv2Content, Nv2Attributes>;

/**
 * The first JSON of the prototype (0.1), byte for byte: as {@link nv2}, without the media type and in another order.
 *
 * @see github.com/notaryproject/nv2 at efe151d
 */
export const nv2First: EnvelopeFormat<Nv2FirstContent, Nv2Attributes>;

/**
 * The token of the prototype from 0.2 on, byte for byte: header, claims and signature in base64url, separated by dots. A JWS (RFC 7515), its certificates in standard base64.
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
 * Reads the nv2 signatures of a manifest. None is verified; each can be read and signs this manifest.
 *
 * @throws {@link SealwrightError} `VALIDATION` for more than 1000; and whatever the store throws.
 */
export function nv2Signatures(store: ArtifactStore, manifest: Descriptor, call?: StoreCall): AsyncGenerator<StoredNv2>;

/**
 * Returns why the certificate of a signer is refused at a time; `undefined` if it is not. If it has a key usage, that must
 * include `digitalSignature`, which the prototype's specification demands and its program did not check. If references are
 * signed, it must be for servers, and for the host of each reference.
 *
 * @param references - The signed references: `registry.example/app:v1`.
 */
export function nv2SignerFault(certificate: Certificate, references: readonly string[], at: Date): string | undefined;

/**
 * Returns the media type of an nv2 signature by its content, for bytes in a file, of which nobody says it. `undefined` for
 * anything else; whether it is sound, {@link openNv2} says.
 */
export function nv2TypeOf(bytes: Uint8Array): string | undefined;

/**
 * Reads an nv2 signature of any form, as strictly as the reader of that form.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openNv2 } from '@sealwright/nv2'
 *
 * const opened = openNv2(await readFile('signature.json'))
 * opened.envelope.content().digest // 'sha256:…'
 * ```
 */
export function openNv2(bytes: Uint8Array): OpenedNv2;

/**
 * Stores a signature as the prototype's artifact: a manifest without layers, whose config is the signature itself. Its
 * subject is the signed manifest, by which stores list it; the prototype had a registry of its own for that.
 *
 * @throws {@link SealwrightError} `VALIDATION` for bytes that are not an nv2 signature, and for one of another manifest;
 *   and whatever the store throws.
 */
export function pushNv2(store: ArtifactStore, manifest: Descriptor, bytes: Uint8Array, call?: StoreCall): Promise<PushedNv2>;
