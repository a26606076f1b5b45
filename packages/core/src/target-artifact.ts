/** The `targetArtifact` of a Notary Project payload: the descriptor of what is signed. */
export interface TargetArtifact {
  readonly mediaType: string
  /** `<algorithm>:<hex>`. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** User metadata; keys under `io.cncf.notary` are reserved. */
  readonly annotations?: Readonly<Record<string, string>>
}
