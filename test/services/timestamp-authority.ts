import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { makeAuthority, makeLeaf } from './certificates.ts'
import { answerAs, type ServerBehaviour } from './misbehaving.ts'
import type { RevocationAuthority } from './revocation-authority.ts'
import { succeed } from './run.ts'
import { scratch } from './scratch.ts'

export interface TimestampAuthority extends AsyncDisposable {
  /** Takes `application/timestamp-query` by POST. */
  readonly url: string
  /** PEM file of the root to trust. */
  readonly rootPath: string
  /** PEM file of the authority's certificate and the root. */
  readonly chainPath: string
  /** How many requests came so far. */
  readonly requests: number
  /** Set at any time; `good` at first. With `other` it sends its first answer again, whatever is asked. */
  behaviour: ServerBehaviour
}

export interface TimestampAuthorityOptions {
  /** Issues its certificate, which names the CRL. Default: a root of its own, and no CRL. */
  readonly ca?: Pick<RevocationAuthority, 'root' | 'urls'>
}

const EXTENSIONS = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=critical,timeStamping',
]

/** A time-stamp authority on a loopback port, made of `openssl ts -reply`; its policy is 2.999.1, its accuracy one second. */
export async function startTimestampAuthority({
  ca,
}: TimestampAuthorityOptions = {}): Promise<TimestampAuthority> {
  const folder = await scratch('tsa')
  const root = ca?.root ?? (await makeAuthority(folder, 'tsa-root'))
  const extensions = [
    ...EXTENSIONS,
    ...(ca === undefined ? [] : [`crlDistributionPoints=URI:${ca.urls.crl}`]),
  ]
  const { chainPath } = await makeLeaf(folder, 'tsa', root, { type: 'RSA-2048', extensions })
  await writeFile(join(folder, 'tsa-serial'), '01\n')
  await writeFile(join(folder, 'tsa-reply.cnf'), configuration(folder, root.certificatePath))
  let first: Buffer | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const reply = (query: Buffer): Promise<Buffer> => {
    // One at a time: openssl keeps the serial number in a file.
    const next = turn.then(() => opensslReply(folder, query))
    turn = next.catch(() => undefined)
    return next
  }
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const query = Buffer.concat(await request.toArray())
    const bytes = async (): Promise<Buffer> => {
      const made = authority.behaviour === 'other' && first ? first : await reply(query)
      first ??= made
      return made
    }
    await answerAs(authority.behaviour, response, { contentType: 'application/timestamp-reply', bytes })
  }
  const server = createServer((request, response) => {
    authority.requests++
    answer(request, response).catch(error => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const authority = {
    url: `http://127.0.0.1:${address.port}/tsa`,
    rootPath: root.certificatePath,
    chainPath,
    requests: 0,
    behaviour: 'good' as ServerBehaviour,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return authority
}

function configuration(folder: string, rootPath: string): string {
  const values = {
    serial: join(folder, 'tsa-serial'),
    signer_cert: join(folder, 'tsa.leaf.crt'),
    signer_key: join(folder, 'tsa.key'),
    certs: rootPath,
    signer_digest: 'sha256',
    default_policy: '2.999.1',
    other_policies: '2.999.2',
    digests: 'sha256,sha384,sha512',
    accuracy: 'secs:1',
    ordering: 'no',
    tsa_name: 'yes',
    ess_cert_id_chain: 'no',
    ess_cert_id_alg: 'sha256',
  }
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`)
  return `[tsa]\ndefault_tsa=m\n[m]\n${lines.join('\n')}\n`
}

async function opensslReply(folder: string, query: Buffer): Promise<Buffer> {
  const [queryPath, replyPath] = [join(folder, 'query'), join(folder, 'reply')]
  await writeFile(queryPath, query)
  await succeed('openssl', [
    ...['ts', '-reply', '-config', join(folder, 'tsa-reply.cnf')],
    ...['-queryfile', queryPath, '-out', replyPath],
  ])
  return readFile(replyPath)
}
