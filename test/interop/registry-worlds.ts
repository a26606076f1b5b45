import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { ArtifactStore } from '@sealwright/oci'
import { credentialFor, httpFetch, registry } from '@sealwright/oci-registry'
import {
  BASIC_USER,
  startDistribution,
  startDockerRegistry,
  startGgcr,
  startOlareg,
} from '../services/registries.ts'
import { type RegistryCertificates, registryCertificates } from '../services/registry-certificates.ts'
import { startTokenServer } from '../services/token-server.ts'
import type { Skips } from '../services/tool.ts'
import type { Entry } from './registry-peers.ts'

/** A registry, as programs of others get into it and as our library does. */
export interface World extends AsyncDisposable {
  readonly entry: Entry
  store(repository: string): ArtifactStore
}

function world(server: AsyncDisposable, entry: Entry): World {
  const credentials = entry.login ? credentialFor(entry.host, BASIC_USER) : undefined
  return {
    entry,
    store: repository =>
      registry(`${entry.host}/${repository}`, {
        ...(credentials === undefined ? {} : { credentials }),
        plainHttp: entry.caPath === undefined,
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** By title: with the referrers API and without, open and behind a login, over TLS. */
export const REGISTRIES: readonly (readonly [string, (context: Skips) => Promise<World>])[] = [
  ['olareg', open(startOlareg)],
  ["go-containerregistry's registry", open(startGgcr)],
  ['distribution 2.8', open(startDockerRegistry)],
  ['distribution 3', open(startDistribution)],
  [
    'distribution 2.8 behind a password',
    async context => {
      const server = await startDockerRegistry(context, 'basic')
      return world(server, { host: server.host, login: true })
    },
  ],
  [
    'distribution 3 behind tokens',
    async context => {
      const tokens = await startTokenServer()
      const server = await startDistribution(context, tokens)
      const both = {
        async [Symbol.asyncDispose]() {
          await server[Symbol.asyncDispose]()
          await tokens[Symbol.asyncDispose]()
        },
      }
      return world(both, { host: server.host, login: true })
    },
  ],
  [
    'olareg with TLS under a private authority',
    async context => {
      const tls = await registryCertificates()
      // Of this process, which ends with this file.
      setDefaultCACertificates([...getCACertificates('default'), tls.ca])
      const server = await startOlareg(context, { tls })
      // Of `localhost` some programs take plain HTTP for granted.
      return world(server, { host: `127.0.0.1:${server.port}`, caPath: tls.caPath })
    },
  ],
]

/** distribution 3 that lets in only who shows a certificate of its authority: not every program can. */
export async function startWithClientCertificates(
  context: Skips,
): Promise<World & { readonly certificates: RegistryCertificates }> {
  const tls = await registryCertificates({ clientsShowTheirs: true })
  const { ca, client } = tls
  const server = await startDistribution(context, undefined, tls)
  const host = `127.0.0.1:${server.port}`
  const fetch = httpFetch({
    tls: name => (name === host ? { ca, cert: client.cert, key: client.key } : undefined),
  })
  return {
    entry: { host, caPath: tls.caPath },
    certificates: tls,
    store: repository => registry(`${host}/${repository}`, { plainHttp: false, fetch }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function open(start: (context: Skips) => Promise<AsyncDisposable & { readonly host: string }>) {
  return async (context: Skips) => {
    const server = await start(context)
    return world(server, { host: server.host })
  }
}
