import { type Call, SealwrightError } from '@sealwright/core'
import { readText } from './settings.ts'

/** A secret, or where it is got from when it is needed (a file, a prompt, an OIDC service): it is asked each time. */
export type Secret = string | ((call: Call) => Promise<string>)

/** How to log in. `mount`: path of the auth method, by default its name. */
export type VaultAuth =
  | {
      readonly method: 'approle'
      readonly roleId: string
      readonly secretId?: Secret | undefined
      readonly mount?: string | undefined
    }
  | {
      readonly method: 'kubernetes'
      readonly role: string
      /** Default the token of the pod's service account. */
      readonly jwt?: Secret | undefined
      readonly mount?: string | undefined
    }
  | {
      readonly method: 'jwt'
      readonly role?: string | undefined
      readonly jwt: Secret
      readonly mount?: string | undefined
    }

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token'

const NAMES = { approle: 'AppRole', kubernetes: 'Kubernetes', jwt: 'JWT' } as const

/** One request to log in. */
export interface LogIn {
  readonly path: string
  readonly body: Readonly<Record<string, string | undefined>>
}

/** @throws {@link SealwrightError} `VALIDATION` for a method that does not exist or lacks a member. */
export function assertAuth(auth: VaultAuth): void {
  const { mount = auth.method } = auth
  if (!Object.hasOwn(NAMES, auth.method)) {
    throw new SealwrightError('VALIDATION', 'unknown Vault login method', {
      fix: `give the method ${Object.keys(NAMES).join(', ')}, or a token`,
    })
  }
  if (!mount.split('/').every(segment => /^\w[\w.+~-]*$/.test(segment))) {
    throw new SealwrightError('VALIDATION', 'the mount of the auth method has a character that cannot be', {
      fix: 'write it as `vault auth list` shows it, without a slash at its end',
    })
  }
  const needed = auth.method === 'approle' ? auth.roleId : auth.method === 'kubernetes' ? auth.role : auth.jwt
  if (needed) return
  throw new SealwrightError('VALIDATION', `a log-in by ${NAMES[auth.method]} lacks what it needs`, {
    fix: 'give `roleId` for approle, `role` for kubernetes, `jwt` for jwt',
  })
}

/** `AppRole (auth/approle)`: free of secrets. */
export function describeAuth({ method, mount = method }: VaultAuth): string {
  return `${NAMES[method]} (auth/${mount})`
}

/** Asks for the secrets of a log-in. */
export async function logInOf(auth: VaultAuth, call: Call): Promise<LogIn> {
  const path = `auth/${auth.mount ?? auth.method}/login`
  switch (auth.method) {
    case 'approle': {
      const secretId = auth.secretId === undefined ? undefined : await secretOf(auth.secretId, call)
      return {
        path,
        body: { role_id: auth.roleId, secret_id: secretId },
      }
    }
    case 'kubernetes': {
      const jwt = auth.jwt ?? (() => readText(SERVICE_ACCOUNT, 'the log-in by Kubernetes', call.signal))
      return { path, body: { role: auth.role, jwt: await secretOf(jwt, call) } }
    }
    case 'jwt': {
      const jwt = await secretOf(auth.jwt, call)
      return { path, body: { role: auth.role, jwt } }
    }
  }
}

async function secretOf(secret: Secret, call: Call): Promise<string> {
  const text = typeof secret === 'string' ? secret : await secret(call)
  // Files end with a newline.
  return text.trim()
}
