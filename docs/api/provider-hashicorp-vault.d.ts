// The public declarations of @sealwright/provider-hashicorp-vault. Written by `npm run api`; do not edit.
import type { Call, KeyProvider } from '@sealwright/core'
import type { ProxyEnv } from '@sealwright/core/adapter'

/** Where Vault is and how its TLS is checked; what is absent is taken from Vault's own variables. */
export interface ConnectionOptions {
    /** `https://vault.example:8200`, perhaps with a path. Default `VAULT_ADDR`; there is no other default. */
    readonly address?: string;
    /** Default `VAULT_NAMESPACE`. A reference may name another. */
    readonly namespace?: string;
    /** PEM certificates that are trusted instead of the system's. Default the file of `VAULT_CACERT`. */
    readonly ca?: string;
    /** PEM client certificate with its chain, for mutual TLS. Default the file of `VAULT_CLIENT_CERT`. */
    readonly clientCert?: string;
    /** PEM key of the client certificate. Default the file of `VAULT_CLIENT_KEY`. */
    readonly clientKey?: string;
    /** Name in the certificate of the server, if not that of the address. Default `VAULT_TLS_SERVER_NAME`. */
    readonly serverName?: string;
    /** Allows `http://` to other hosts than this one: the token and all requests can be read on the way. */
    readonly allowPlainHttp?: boolean;
    /** Variables that say which proxy leads where, such as `process.env`: `HTTPS_PROXY`, `NO_PROXY`. Default none. */
    readonly proxyEnv?: ProxyEnv;
}

export interface HashicorpVaultOptions extends ConnectionOptions {
    /** A token that somebody else renews, or that lives long enough. Default `VAULT_TOKEN`, then `~/.vault-token`. */
    readonly token?: Secret;
    /** Logs in, renews what it got at two thirds of its life, and logs in again where that cannot be. */
    readonly auth?: VaultAuth;
    /** Opens keys whose private key Vault hands out (`exportable`, `allow_plaintext_backup`). */
    readonly allowExportable?: boolean;
    /** A ready client of node-vault, with its own address, token and TLS; given instead of all of them. */
    readonly client?: VaultClient;
}

/** A secret, or where it is got from when it is needed (a file, a prompt, an OIDC service): it is asked each time. */
export type Secret = string | ((call: Call) => Promise<string>);

/** How to log in. `mount`: path of the auth method, by default its name. */
export type VaultAuth = {
    readonly method: 'approle';
    readonly roleId: string;
    readonly secretId?: Secret;
    readonly mount?: string;
} | {
    readonly method: 'kubernetes';
    readonly role: string;
    /** Default the token of the pod's service account. */
    readonly jwt?: Secret;
    readonly mount?: string;
} | {
    readonly method: 'jwt';
    readonly role?: string;
    readonly jwt: Secret;
    readonly mount?: string;
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
    readonly json?: Readonly<Record<string, unknown>>;
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
 * @throws {@link SealwrightError} `VALIDATION` for options that cannot be. Vault's own variables are read when the first
 * key is opened.
 */
export function hashicorpVault(options?: HashicorpVaultOptions): KeyProvider & AsyncDisposable;
