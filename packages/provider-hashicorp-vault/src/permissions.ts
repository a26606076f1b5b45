import type { Operation } from '@sealwright/core'
import { parseReference } from './reference.ts'

/** Policies of Vault and OpenBao, for a key KEY of the engine `transit`. */
export const permissions: Readonly<Partial<Record<Operation, readonly string[]>>> = {
  open: ['path "transit/keys/KEY" { capabilities = ["read"] }'],
  sign: ['path "transit/sign/KEY" { capabilities = ["update"] }'],
  certificates: ['path "transit/keys/KEY" { capabilities = ["read"] }'],
  identify: ['path "auth/token/lookup-self" { capabilities = ["read"] }'],
  list: [
    'path "transit/keys" { capabilities = ["list"] }',
    'path "transit/keys/*" { capabilities = ["read"] }',
  ],
  create: ['path "transit/keys/KEY" { capabilities = ["create", "read", "update"] }'],
  rotate: [
    'path "transit/keys/KEY" { capabilities = ["read"] }',
    'path "transit/keys/KEY/rotate" { capabilities = ["update"] }',
  ],
  attachCertificates: [
    'path "transit/keys/KEY" { capabilities = ["read"] }',
    'path "transit/keys/KEY/set-certificate" { capabilities = ["update"] }',
  ],
}

/** The policies for one key, of the engine at its mount. */
export function permissionsOf(reference: string): typeof permissions {
  const { mount, name } = parseReference(reference)
  const named = (rule: string) => rule.replace(/"transit\//, `"${mount}/`).replace('KEY', name)
  return Object.fromEntries(
    Object.entries(permissions).map(([operation, rules]) => [operation, rules.map(named)]),
  )
}
