import { type TransportFailure, transportFailure } from '@sealwright/core/adapter'

export interface CertificateFailure extends Pick<TransportFailure, 'code' | 'why'> {
  readonly fix?: string | undefined
}

/** gRPC and google-auth-library keep only OpenSSL's words of the error that Node.js gave them; here they get its code back. */
const CODES: readonly (readonly [words: RegExp, code: string])[] = [
  [/self[- ]signed certificate|unable to (?:verify|get)[\w ]* certificate/i, 'SELF_SIGNED_CERT_IN_CHAIN'],
  [/certificate has expired/i, 'CERT_HAS_EXPIRED'],
  [/altnames/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
]

const NO_TRUST =
  'if its authority is a private one, or that of a proxy of your network, name the file of its certificate in NODE_EXTRA_CA_CERTS; where GRPC_DEFAULT_SSL_ROOTS_FILE_PATH is set, gRPC trusts the authorities in that file alone'

/** Why the certificate of a server was refused, by the words of the error; `undefined` if they are about something else. */
export function certificateFailure(text: string, server: string): CertificateFailure | undefined {
  const code = CODES.find(([words]) => words.test(text))?.[1]
  return code === undefined ? undefined : advised(transportFailure({ code }, server))
}

/** A failure of the network, with what to do about authorities that are not trusted. */
export function advised(failure: TransportFailure | undefined): CertificateFailure | undefined {
  if (failure === undefined) return undefined
  const { fault, code, why } = failure
  return { code, why, ...(fault === 'untrusted' ? { fix: NO_TRUST } : {}) }
}
