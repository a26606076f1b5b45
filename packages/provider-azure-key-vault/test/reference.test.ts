import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { azureKeyVault } from '../src/index.ts'
import { REFUSED, SPELLINGS } from './harness.ts'

const { canonical } = azureKeyVault()

describe('canonical', () => {
  it.each(SPELLINGS)('reads $given', ({ given, canonical: expected }) => {
    expect(canonical(given)).toBe(expected)
  })

  it.each(REFUSED)('refuses %s', given => {
    expect(() => canonical(given)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it.each([
    ['azurekms:name=a;vault=unit;client-secret=hunter2hunter2', 'secret'],
    ['azurekms:name=a;vault=unit;client-id=7', 'credentials'],
    ['azurekms:name=a;name=b;vault=unit', 'twice'],
    ['azurekms:name=a;vault=unit?hsm=true', 'protection'],
    ['azurekms://evil.example/a', 'tokens are sent'],
    ['azurekms://unit.vault.azure.net/a/b/c', 'not a version'],
  ])('says of %s what is wrong', (given, why) => {
    expect(() => canonical(given)).toThrow(expect.objectContaining({ why: expect.stringContaining(why) }))
  })

  it('takes other hosts only where they are allowed', () => {
    const allowed = azureKeyVault({ hosts: ['kv.example:8443', '.vault.local'] })
    expect(allowed.canonical('azurekms://KV.example:8443/Key')).toBe('azurekms://kv.example:8443/Key')
    expect(allowed.canonical('azurekms://a.vault.local/Key')).toBe('azurekms://a.vault.local/Key')
    for (const host of [
      'kv.example',
      'x.kv.example:8443',
      'vault.local',
      'a.b.vault.local',
      'avault.local',
    ]) {
      expect(() => allowed.canonical(`azurekms://${host}/Key`)).toThrow()
    }
  })

  it('is idempotent and keeps the name, for whatever it takes', () => {
    const part = fc.constantFrom(
      'azurekms:',
      'https:',
      '//',
      '/',
      'unit.vault.azure.net',
      'keys',
      'Name-1',
      'a'.repeat(32),
      ';',
      '=',
      'name',
      'vault',
      'unit',
      '?',
      '.',
      '%',
      '@',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(part, { maxLength: 9 }).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(text, given => {
        let once: string
        try {
          once = canonical(given)
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' })
          return
        }
        expect(canonical(once)).toBe(once)
        expect(once).toMatch(
          /^azurekms:\/\/[a-z0-9-]+\.(?:vault|managedhsm)\.[a-z.]+\/[0-9A-Za-z-]+(?:\/[0-9a-f]{32})?$/,
        )
        expect(given).toContain(once.split('/')[3])
      }),
      { numRuns },
    )
  })
})

describe('azureKeyVault', () => {
  const client = { vaultUrl: 'https://unit.vault.azure.net', getCryptographyClient: () => ({}) }

  it.each([
    [{ endpoint: 'http://127.0.0.1:8080' }],
    [{ endpoint: 'https://user:pass@127.0.0.1' }],
    [{ endpoint: 'https://127.0.0.1/path' }],
    [{ endpoint: '127.0.0.1' }],
    [{ hosts: ['https://kv.example'] }],
    [{ hosts: ['KV.example'] }],
    [{ disableChallengeResourceVerification: true }],
    [{ client, endpoint: 'https://127.0.0.1' }],
    [{ client, credential: { getToken: async () => null } }],
  ])('refuses options that cannot be or would be ignored: %j', options => {
    expect(() => azureKeyVault(options)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })
})

describe('an identifier that the portal shows of a certificate or its secret', () => {
  const version = '0123456789abcdef0123456789abcdef'

  it.each([
    [
      `https://Vault.vault.azure.net/certificates/release/${version}`,
      `azurekms://vault.vault.azure.net/release/${version}`,
    ],
    ['https://vault.vault.azure.net/secrets/release', 'azurekms://vault.vault.azure.net/release'],
    [
      `azurekms://vault.vault.azure.net/certificates/release/${version}`,
      `azurekms://vault.vault.azure.net/release/${version}`,
    ],
    ['azurekms://vault.vault.azure.net/secrets/release', 'azurekms://vault.vault.azure.net/release'],
  ])('%s is answered with the reference of its key', (given, reference) => {
    expect(() => azureKeyVault().canonical(given)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', fix: `write ${reference}` }),
    )
  })

  it('is not a key that has such a name', () => {
    const { canonical } = azureKeyVault()
    const named = `azurekms://vault.vault.azure.net/certificates/${version}`
    expect(canonical(named)).toBe(named)
    expect(canonical('azurekms://vault.vault.azure.net/secrets')).toBe(
      'azurekms://vault.vault.azure.net/secrets',
    )
    expect(canonical('azurekms://vault.vault.azure.net/keys/release')).toBe(
      'azurekms://vault.vault.azure.net/release',
    )
  })
})
