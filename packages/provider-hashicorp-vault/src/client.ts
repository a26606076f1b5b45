/** One request as node-vault's `request` takes it. */
export interface VaultClientRequest {
  readonly method: 'GET' | 'POST'
  /** After `/v1`, with its slash in front. */
  readonly path: string
  readonly json?: Readonly<Record<string, unknown>> | undefined
  readonly headers: Record<string, string>
  /** Heard by our own transport; a ready client of node-vault is deaf to it. */
  readonly signal: AbortSignal
}

/** What is needed of a client of node-vault. */
export interface VaultClient {
  /** Sent with every request; a key in another namespace is refused then. */
  readonly namespace?: string | undefined
  /** Resolves to the body of the reply; rejects with `{ response: { statusCode, body } }`. */
  request(options: VaultClientRequest): Promise<unknown>
}

/** One request to Vault, before it is node-vault's. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST'
  /** After `/v1/`, each of its segments checked by whoever wrote it. */
  readonly path: string
  readonly body?: Readonly<Record<string, unknown>> | undefined
  readonly namespace?: string | undefined
}
