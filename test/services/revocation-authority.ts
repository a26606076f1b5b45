import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { join } from 'node:path'
import {
  type Authority,
  type Identity,
  makeAuthority,
  makeLeaf,
  type TestKeyType,
  x509Time,
} from './certificates.ts'
import { answerAs, type ServerBehaviour } from './misbehaving.ts'
import { succeed } from './run.ts'
import { scratch } from './scratch.ts'

/** What a certificate names, and what is answered there. */
type Source = 'ocsp' | 'crl'

export interface RevocationAuthority extends AsyncDisposable {
  readonly folder: string
  readonly root: Authority
  /** What certificates that it issues name. */
  readonly urls: Readonly<Record<Source, string>>
  /** The sources that were asked so far, in turn. */
  readonly requests: Source[]
  /** Set at any time; `good` at first. With `other`, the OCSP response is for another certificate, the CRL another CA's. */
  readonly behaviour: Record<Source, ServerBehaviour>
  /** A key and a code-signing certificate that names these sources. */
  issue(name: string, sources: readonly Source[], type?: TestKeyType): Promise<Identity>
  /** @param reason - As openssl spells it. */
  revoke(identity: Identity, reason?: string): Promise<void>
  /** The current CRL, DER. */
  crl(): Promise<Buffer>
  /** Serves the CRL of now until a certificate is revoked, as a CA does that makes one a day. */
  keepCrl(): Promise<void>
}

export interface RevocationAuthorityOptions {
  /** What certificates call the loopback address. */
  readonly host?: string
  /** PEM: certificates name https URLs. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/**
 * A certificate authority with an OCSP responder and a CRL host on a loopback port, made of `openssl ocsp` and
 * `openssl ca -gencrl`. The responder has a certificate of its own.
 */
export async function startRevocationAuthority({
  host = '127.0.0.1',
  tls,
}: RevocationAuthorityOptions = {}): Promise<RevocationAuthority> {
  const folder = await scratch('revocation')
  const root = await makeAuthority(folder, 'revoking-root')
  const stranger = await makeAuthority(folder, 'strange-root')
  await makeLeaf(folder, 'responder', root, {
    type: 'EC-P256',
    extensions: [
      'basicConstraints=critical,CA:FALSE',
      'keyUsage=critical,digitalSignature',
      'extendedKeyUsage=OCSPSigning',
      'noCheck=ignored',
    ],
  })
  const database = new Database(folder)
  await database.write()
  let serial = 0
  /** One at a time: openssl keeps its database in files. */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(task: () => Promise<T>): Promise<T> => {
    const next = turn.then(task)
    turn = next.catch(() => undefined)
    return next
  }
  const respond = (request: Buffer): Promise<Buffer> =>
    inTurn(async () => {
      const [asked, response] = [join(folder, 'request.der'), join(folder, 'response.der')]
      await writeFile(asked, request)
      await succeed('openssl', [
        ...['ocsp', '-index', database.path, '-CA', root.certificatePath],
        ...['-rsigner', join(folder, 'responder.leaf.crt'), '-rkey', join(folder, 'responder.key')],
        ...['-reqin', asked, '-respout', response, '-nmin', '60'],
      ])
      return readFile(response)
    })
  const listAs = (issuer: Authority): Promise<Buffer> =>
    inTurn(async () => {
      const [pem, der] = [join(folder, 'crl.pem'), join(folder, 'crl.der')]
      await succeed('openssl', [
        ...['ca', '-gencrl', '-config', database.configuration, '-crlhours', '1', '-md', 'sha256'],
        ...['-cert', issuer.certificatePath, '-keyfile', issuer.keyPath, '-out', pem],
      ])
      await succeed('openssl', ['crl', '-in', pem, '-outform', 'DER', '-out', der])
      return readFile(der)
    })
  let first: Buffer | undefined
  let kept: Buffer | undefined
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const source = request.url?.startsWith('/ocsp') ? 'ocsp' : 'crl'
    authority.requests.push(source)
    const behaviour = authority.behaviour[source]
    const asked = await requestOf(request)
    await answerAs(behaviour, response, {
      contentType: source === 'ocsp' ? 'application/ocsp-response' : 'application/pkix-crl',
      bytes: async () => {
        if (source === 'crl' && behaviour === 'good' && kept !== undefined) return kept
        if (source === 'crl') return listAs(behaviour === 'other' ? stranger : root)
        if (behaviour === 'other' && first !== undefined) return first
        const made = await respond(asked)
        first ??= made
        return made
      },
    })
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch(error => response.writeHead(500).end(String(error)))
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const origin = `${tls === undefined ? 'http' : 'https'}://${host}:${address.port}`
  const urls = { ocsp: `${origin}/ocsp`, crl: `${origin}/root.crl` }
  const authority: RevocationAuthority = {
    folder,
    root,
    urls,
    requests: [],
    behaviour: { ocsp: 'good', crl: 'good' },
    async issue(name, sources, type = 'EC-P256') {
      const identity = await makeLeaf(folder, `${name}-${++serial}`, root, {
        type,
        subject: `CN=${name},O=Sealwright Test,ST=WA,C=US`,
        extensions: [
          'basicConstraints=critical,CA:FALSE',
          'keyUsage=critical,digitalSignature',
          'extendedKeyUsage=codeSigning',
          ...(sources.includes('ocsp') ? [`authorityInfoAccess=OCSP;URI:${urls.ocsp}`] : []),
          ...(sources.includes('crl') ? [`crlDistributionPoints=URI:${urls.crl}`] : []),
        ],
      })
      await inTurn(() => database.add(identity))
      return identity
    },
    revoke: (identity, reason = 'keyCompromise') => {
      kept = undefined
      return inTurn(() => database.revoke(identity, reason))
    },
    crl: () => listAs(root),
    keepCrl: async () => {
      kept = await listAs(root)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return authority
}

/** By POST the body, by GET the last part of the path in base64 (RFC 6960, appendix A.1). */
async function requestOf(request: IncomingMessage): Promise<Buffer> {
  const body = Buffer.concat(await request.toArray())
  if (request.method === 'POST') return body
  return Buffer.from(decodeURIComponent((request.url ?? '').replace(/^\/ocsp\//, '')), 'base64')
}

/** The index of `openssl ca`: a line for each certificate. */
class Database {
  readonly path: string
  readonly configuration: string
  readonly #entries = new Map<string, { readonly serial: string; revoked: string }>()

  constructor(folder: string) {
    this.path = join(folder, 'index.txt')
    this.configuration = join(folder, 'index.cnf')
  }

  async add({ chainPath }: Identity): Promise<void> {
    const { serialNumber } = new X509Certificate(await readFile(chainPath))
    this.#entries.set(chainPath, { serial: serialNumber, revoked: '' })
    await this.write()
  }

  async revoke({ chainPath }: Identity, reason: string): Promise<void> {
    const entry = this.#entries.get(chainPath)
    if (entry === undefined) throw new Error(`${chainPath} was not issued here`)
    entry.revoked = `${x509Time(0).slice(2)},${reason}`
    await this.write()
  }

  async write(): Promise<void> {
    const lines = [...this.#entries.values()].map(({ serial, revoked }) =>
      [revoked === '' ? 'V' : 'R', x509Time(365).slice(2), revoked, serial, 'unknown', '/CN=any'].join('\t'),
    )
    await writeFile(this.path, lines.map(line => `${line}\n`).join(''))
    await writeFile(`${this.path}.attr`, 'unique_subject = no\n')
    await writeFile(
      this.configuration,
      `[ca]\ndefault_ca=d\n[d]\ndatabase=${this.path}\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n`,
    )
  }
}
