/** What is needed of an `AuthClient` of google-auth-library: `IdentityPoolClient`, `Impersonated`, `Compute`, … */
export interface GcpAuthClient {
  /** `authorization`, and `x-goog-user-project` where another project pays. */
  getRequestHeaders(url?: string | URL): Promise<Headers>
  readonly universeDomain?: string | undefined
}

/** For an emulator on this machine: nothing is sent, and no metadata server is asked. */
export function anonymous(): GcpAuthClient {
  return { universeDomain: 'googleapis.com', getRequestHeaders: async () => new Headers() }
}
