import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Identity, makeAuthority, makeLeaf } from './certificates.ts'
import { scratch } from './scratch.ts'

/** A certificate and its key, as paths of PEM files and as what is in them. */
interface TlsIdentity {
  readonly certPath: string
  readonly keyPath: string
  readonly cert: string
  readonly key: string
}

/** A private authority of a registry. */
export interface RegistryCertificates {
  /** PEM. Programs in Go take its path as `SSL_CERT_FILE`. */
  readonly ca: string
  readonly caPath: string
  /** Of `localhost`, `127.0.0.1`, and `registry.test` for what is behind a proxy. */
  readonly server: TlsIdentity
  /** Of somebody whom the authority knows. */
  readonly client: TlsIdentity
  /** Whether the registry lets in only who shows a certificate of the authority. */
  readonly clientsShowTheirs: boolean
}

export async function registryCertificates({
  clientsShowTheirs = false,
}: {
  readonly clientsShowTheirs?: boolean
} = {}): Promise<RegistryCertificates> {
  const directory = await scratch('tls')
  const authority = await makeAuthority(directory, 'authority')
  const leaf = (name: string, ...extensions: readonly string[]) =>
    makeLeaf(directory, name, authority, {
      type: 'EC-P256',
      extensions: ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', ...extensions],
    })
  const names = 'subjectAltName=DNS:localhost,DNS:registry.test,IP:127.0.0.1'
  return {
    ca: await readFile(authority.certificatePath, 'utf8'),
    caPath: authority.certificatePath,
    server: await tlsIdentity(directory, await leaf('server', 'extendedKeyUsage=serverAuth', names)),
    client: await tlsIdentity(directory, await leaf('client', 'extendedKeyUsage=clientAuth')),
    clientsShowTheirs,
  }
}

async function tlsIdentity(directory: string, { name, keyPath }: Identity): Promise<TlsIdentity> {
  // The leaf alone: who trusts the authority has it.
  const certPath = join(directory, `${name}.leaf.crt`)
  return {
    certPath,
    keyPath,
    cert: await readFile(certPath, 'utf8'),
    key: await readFile(keyPath, 'utf8'),
  }
}
