import { type Server, startServer } from './server.ts'
import { need, type Skips, type Tool } from './tool.ts'
import { venvTool } from './venv.ts'

/** ministack 1.5.33: a KMS that knows Ed25519 and refuses credentials. */
export function ministackProgram(): Promise<Tool> {
  return venvTool({
    name: 'ministack',
    packages: ['ministack==1.5.33', 'cryptography==50.0.2'],
    program: 'ministack',
  })
}

/** Those of root; an unknown access key id, and a user's without a policy, are refused. */
export const MINISTACK_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'canary-ministack-secret' }

/** ministack with KMS, IAM and STS, on this machine only. */
export async function startMinistack(context: Skips): Promise<Server> {
  const program = need(context, await ministackProgram())
  return startServer({
    name: 'ministack',
    // `env` becomes the server, with variables that hold its port.
    command: 'env',
    ready: '/_ministack/health',
    args: port => [
      'BIND_HOST=127.0.0.1',
      `GATEWAY_PORT=${port}`,
      'SERVICES=kms,sts,iam',
      'AUTH=true',
      'IOT_MTLS_ENABLED=0',
      program,
    ],
  })
}
