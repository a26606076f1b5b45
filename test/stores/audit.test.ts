import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AuditRecord, openSigner } from '@sealwright/core'
import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
import { expect, test } from 'vitest'
import { root } from '../house/workspace.ts'
import { startOpenbao } from '../services/openbao.ts'
import { succeed } from '../services/run.ts'
import { need, onPath } from '../services/tool.ts'

test("the guide finds a signature's record in OpenBao's audit log", { timeout: 600_000 }, async context => {
  need(context, await onPath('jq'))
  await using bao = await startOpenbao(context)
  await bao.call('POST', 'transit/keys/release', { type: 'ecdsa-p256' })
  const token = await bao.call('POST', 'auth/token/create', {
    policies: ['root'],
    display_name: 'ci',
    ttl: '5m',
  })
  await using keys = hashicorpVault({ address: bao.url, ca: bao.ca, token: token.auth.client_token })
  const records: AuditRecord[] = []
  await using signer = await openSigner(keys, 'hashivault://release', {
    audit: async record => void records.push(record),
  })
  await signer.sign(Buffer.from('first'))
  await signer.sign(Buffer.from('second'))

  const guide = await readFile(join(root, 'docs', 'guides', 'audit.md'), 'utf8')
  const command = /^jq .*vault_audit\.log$/m.exec(guide)![0]
  for (const { signature } of records) {
    expect(signature.requestId).toBeDefined()
    const found = await succeed('bash', [
      '-c',
      command.replace('REQUEST-ID', signature.requestId!).replace('/var/log/vault_audit.log', bao.auditLog),
    ])
    const lines = found
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines).toMatchObject([
      { type: 'response', request: { path: 'transit/sign/release' }, auth: { display_name: 'token-ci' } },
    ])
    // What was signed is not in the log.
    expect(found).not.toContain(Buffer.from(signature.bytes).toString('base64'))
  }
  expect(records).toHaveLength(2)
})
