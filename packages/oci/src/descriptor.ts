/** An OCI content descriptor (image-spec `descriptor.md`). */
export interface Descriptor {
  readonly mediaType: string
  /** `<algorithm>:<hex>`. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
  readonly urls?: readonly string[]
  /** The content itself, standard base64. */
  readonly data?: string
}

export interface Platform {
  readonly architecture: string
  readonly os: string
  readonly 'os.version'?: string
  readonly 'os.features'?: readonly string[]
  readonly variant?: string
}
