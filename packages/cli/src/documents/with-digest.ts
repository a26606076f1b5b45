/** A target with the digest of its `resolved` by itself, which is what scripts pin. */
export function withDigest<T extends { readonly resolved?: string | null | undefined }>(
  target: T,
): T & { readonly digest: string | null } {
  const { resolved } = target
  return { ...target, digest: resolved ? resolved.slice(resolved.lastIndexOf('@') + 1) : null }
}
