import { callKms } from './aws-call.ts'
import { type Server, startServer } from './server.ts'
import { need, type Skips, type Tool } from './tool.ts'
import { venvTool } from './venv.ts'

/**
 * LocalStack 4.10.0, the last version whose KMS is whole under Python 3.11. Newer cbor2 and pyOpenSSL break it.
 */
export function localstackProgram(): Promise<Tool> {
  return venvTool({
    name: 'localstack',
    packages: ['localstack-core[base-runtime]==4.10.0', 'cbor2==5.8.0', 'pyopenssl==25.1.0'],
    program: 'python',
  })
}

/** The secret is any; an access key id of twelve digits is the account. */
export const LOCALSTACK_CREDENTIALS = {
  accessKeyId: '111122223333',
  secretAccessKey: 'canary-localstack-secret',
}

/** LocalStack with its KMS alone. Its data are in its folder, and it listens on this machine only. */
export async function startLocalstack(context: Skips): Promise<Server> {
  const python = need(context, await localstackProgram())
  const server = await startServer({
    name: 'localstack',
    // `env` becomes the server, with variables that hold its port.
    command: 'env',
    ready: '/_localstack/health',
    args: (port, data) => [
      'SERVICES=kms',
      `GATEWAY_LISTEN=127.0.0.1:${port}`,
      'GATEWAY_SERVER=hypercorn', // the default one listens on every address
      'OVERRIDE_IN_DOCKER=0',
      `FILESYSTEM_ROOT=${data}`,
      'PYTHONSAFEPATH=1',
      'DISABLE_EVENTS=1',
      'SKIP_SSL_CERT_DOWNLOAD=1',
      'DNS_ADDRESS=0',
      ...[python, '-m', 'localstack.runtime.main'],
    ],
  })
  await firstAnswer(server)
  return server
}

/** The KMS is loaded by the first call, which takes seconds; health says `available` before, and even where that fails. */
function firstAnswer({ url }: Server): Promise<unknown> {
  const { accessKeyId } = LOCALSTACK_CREDENTIALS
  return callKms({ url, accessKeyId, region: 'eu-central-1' }, 'ListKeys', {})
}
