import { canonicalRegistry, type StoreCall } from '@sealwright/oci'

/** What a registry is told about who asks. */
export type Credential = (
  | { readonly username: string; readonly password: string }
  /** A refresh token, exchanged for access tokens (`identitytoken`). */
  | { readonly identityToken: string }
  /** A bearer token, shown as it is (`registrytoken`). */
  | { readonly registryToken: string }
) & {
  /** Where it came from, for messages: a file, a helper. */
  readonly source?: string
}

export interface CredentialRequest {
  /** As in a reference, with the port: `registry.example:5000`. */
  readonly registry: string
  readonly repository: string
}

/** Where credentials come from. What it returns goes to the registry asked for and to no other. */
export interface CredentialSource {
  /** Nothing, if there are none for this registry: then it is asked anonymously. */
  get(request: CredentialRequest, call?: StoreCall): Promise<Credential | undefined>
}

/** One credential for one registry, such as from flags of a command line. */
export function credentialFor(registry: string, credential: Credential): CredentialSource {
  const host = canonicalRegistry(registry)
  return { get: async request => (canonicalRegistry(request.registry) === host ? credential : undefined) }
}
