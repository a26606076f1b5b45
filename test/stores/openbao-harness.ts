import type { ChangingKey, ProviderHarness, Restore } from '@sealwright/conformance'
import { hashicorpVault } from '../../packages/provider-hashicorp-vault/src/index.ts'
import { KEYS, once1, REFUSED, SPELLINGS } from '../../packages/provider-hashicorp-vault/test/harness.ts'
import type { OpenBao, VaultServer } from '../services/openbao.ts'

/** Of the token that the cases use: made again under the same name after it was revoked. */
const TOKEN = 'canary-token-of-openbao'

type Operation = 'open' | 'sign' | 'identify'

/** The policy that the provider asks for, for every key: `+` is one segment. */
export function policyOf(operations: readonly (keyof typeof permissions)[]): string {
  return operations
    .flatMap(operation => permissions[operation] ?? [])
    .join('\n')
    .replaceAll('KEY', '+')
}

const { permissions } = hashicorpVault()

/** The hooks that a real server has, over a token that may do what the provider says it needs, and no more. */
export function openbaoHarness(
  server: () => OpenBao,
  { name: serverName, lacks }: Pick<VaultServer, 'name' | 'lacks'>,
): ProviderHarness & { prepare(): Promise<void> } {
  let made = 0
  const call: OpenBao['call'] = (...args) => server().call(...args)
  const add = async (type: string, prefix = 'Key') => {
    const name = `${prefix}-${++made}`
    await call('POST', `transit/keys/${name}`, { type })
    return name
  }
  const allow = (operations: readonly Operation[]) =>
    call('PUT', 'sys/policies/acl/signer', { policy: policyOf(operations) })
  const grant = () => call('POST', 'auth/token/create', { id: TOKEN, policies: ['signer'], ttl: '1h' })
  const changing = async (change: (name: string) => Promise<unknown>): Promise<ChangingKey> => {
    const name = await add('ed25519', 'Changing')
    return {
      reference: `hashivault://${name}`,
      change: async () => {
        await change(name)
      },
    }
  }
  const hooks = (operation: 'open' | 'sign') => ({
    deny: async (): Promise<Restore> => {
      await allow(operation === 'open' ? ['sign', 'identify'] : ['open', 'identify'])
      return () => allow(['open', 'sign', 'identify'])
    },
    unauthenticated: async (): Promise<Restore> => {
      await call('POST', 'auth/token/revoke', { token: TOKEN })
      return grant
    },
  })
  return {
    prepare: async () => {
      await allow(['open', 'sign', 'identify'])
      await grant()
    },
    name: `hashicorp-vault on ${serverName}`,
    open: () => hashicorpVault({ address: server().url, ca: server().ca, token: TOKEN }),
    keys: KEYS.map(({ type, transit, algorithms }) => ({
      type,
      algorithms,
      reference: once1(async () => `hashivault://${await add(transit.type)}`),
    })),
    missing: () => 'hashivault://No-such-key',
    spellings: SPELLINGS,
    refused: REFUSED,
    secrets: [TOKEN],
    versioned: true,
    rotate: () => changing(name => call('POST', `transit/keys/${name}/rotate`, {})),
    ...(lacks.includes('soft deletion')
      ? {}
      : { disable: () => changing(name => call('DELETE', `transit/keys/${name}/soft-delete`)) }),
    remove: () =>
      changing(async name => {
        await call('POST', `transit/keys/${name}/config`, { deletion_allowed: true })
        await call('DELETE', `transit/keys/${name}`)
      }),
    faults: { open: hooks('open'), sign: hooks('sign') },
  }
}
