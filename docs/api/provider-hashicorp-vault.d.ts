// The public declarations of @sealwright/provider-hashicorp-vault. Written by `npm run api`; do not edit.
import type { Call, KeyProvider } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** Where Vault is and how its TLS is checked; what is absent is taken from Vault's own variables. */
export interface ConnectionOptions {
    /** `https://vault.example:8200`, perhaps with a path. Default `VAULT_ADDR`; there is no other default. */
    readonly address?: string | undefined;
    /** Default `VAULT_NAMESPACE`. A reference may name another. */
    readonly namespace?: string | undefined;
    /** PEM certificates that are trusted instead of the system's. Default the file of `VAULT_CACERT`. */
    readonly ca?: string | undefined;
    /** PEM client certificate with its chain, for mutual TLS. Default the file of `VAULT_CLIENT_CERT`. */
    readonly clientCert?: string | undefined;
    /** PEM key of the client certificate. Default the file of `VAULT_CLIENT_KEY`. */
    readonly clientKey?: string | undefined;
    /** Name in the certificate of the server, if not that of the address. Default `VAULT_TLS_SERVER_NAME`. */
    readonly serverName?: string | undefined;
    /** Allows `http://` to other hosts than this one: the token and all requests can be read on the way. */
    readonly allowPlainHttp?: boolean | undefined;
    /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
    readonly proxyEnv?: ProxyEnv | undefined;
}

export interface HashicorpVaultOptions extends ConnectionOptions {
    /** A token that somebody else renews, or that lives long enough. Default `VAULT_TOKEN`, then `~/.vault-token`. */
    readonly token?: Secret | undefined;
    /** Logs in, renews what it got at two thirds of its life, and logs in again where that cannot be. */
    readonly auth?: VaultAuth | undefined;
    /** Opens keys whose private key Vault hands out (`exportable`, `allow_plaintext_backup`). */
    readonly allowExportable?: boolean | undefined;
    /** A ready client of node-vault, with its own address, token and TLS; given instead of all of them. */
    readonly client?: VaultClient | undefined;
}

/** A secret, or where it is got from when it is needed (a file, a prompt, an OIDC service): it is asked each time. */
export type Secret = string | ((call: Call) => Promise<string>);

/** How to log in. `mount`: path of the auth method, by default its name. */
export type VaultAuth = {
    readonly method: 'approle';
    readonly roleId: string;
    readonly secretId?: Secret | undefined;
    readonly mount?: string | undefined;
} | {
    readonly method: 'kubernetes';
    readonly role: string;
    /** Default the token of the pod's service account. */
    readonly jwt?: Secret | undefined;
    readonly mount?: string | undefined;
} | {
    readonly method: 'jwt';
    readonly role?: string | undefined;
    readonly jwt: Secret;
    readonly mount?: string | undefined;
};

/** What is needed of a client of node-vault. */
export interface VaultClient {
    /** Sent with every request; a key in another namespace is refused then. */
    readonly namespace?: string | undefined;
    /** Resolves to the body of the reply; rejects with `{ response: { statusCode, body } }`. */
    request(options: VaultClientRequest): Promise<unknown>;
}

/** One request as node-vault's `request` takes it. */
export interface VaultClientRequest {
    readonly method: 'GET' | 'POST';
    /** After `/v1`, with its slash in front. */
    readonly path: string;
    readonly json?: Readonly<Record<string, unknown>> | undefined;
    readonly headers: Record<string, string>;
    /** Heard by our own transport; a ready client of node-vault is deaf to it. */
    readonly signal: AbortSignal;
}

/**
 * Keys of the transit engine of HashiCorp Vault and OpenBao. References are
 * `hashivault://[MOUNT/]KEY[?version=N][&namespace=NS]`; the last segment is the key, the mount is `transit` when absent.
 *
 * A reference without a version is the latest when it is opened, and that version from then on.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options. Vault's own variables are read when the first
 * key is opened.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
 *
 * const vault = hashicorpVault({ address: 'https://vault.acme.internal:8200' })
 * const signer = await openSigner(vault, 'hashivault://release', { algorithm: 'ES256' })
 * ```
 */
export function hashicorpVault(options?: HashicorpVaultOptions): KeyProvider & AsyncDisposable;
