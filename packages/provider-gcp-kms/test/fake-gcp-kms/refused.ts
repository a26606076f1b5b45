/** A status that Cloud KMS answers with, and the messages that go with it. */
export class Refused extends Error {
  /** A code of gRPC. */
  readonly code: number
  readonly details: readonly Detail[]

  constructor(code: number, message: string, details: readonly Detail[] = []) {
    super(message)
    this.code = code
    this.details = details
  }
}

export type Detail =
  | {
      readonly type: 'ErrorInfo'
      readonly reason: string
      readonly domain: string
      readonly metadata: Readonly<Record<string, string>>
    }
  | { readonly type: 'RetryInfo'; readonly seconds: number }
  | { readonly type: 'RequestInfo'; readonly requestId: string }

/** As Cloud KMS words it, whose own text names the permission. */
export function denied(permission: string, resource: string): Refused {
  return new Refused(
    7,
    `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`,
    [
      {
        type: 'ErrorInfo',
        reason: 'IAM_PERMISSION_DENIED',
        domain: 'cloudkms.googleapis.com',
        metadata: { permission, resource },
      },
    ],
  )
}
