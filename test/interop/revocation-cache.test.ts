import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { programHome } from '../e2e/program.ts'
import { addToStore, notationHome, trustEverywhere } from '../services/notation.ts'
import { type RevocationAuthority, startRevocationAuthority } from '../services/revocation-authority.ts'
import type { Skips } from '../services/tool.ts'
import { inLayout } from './places.ts'

// Whether notation and we share what was fetched about revocation, and come to the same verdict.

const timeout = 900_000 // the first run builds notation

/** Both programs under one policy, before an image that we signed by a certificate with these sources. */
async function bothPrograms(
  context: Skips,
  authority: RevocationAuthority,
  sources: Parameters<RevocationAuthority['issue']>[1],
) {
  const program = await programHome(context)
  const cache = join(program.home, 'cache', 'notation')
  const notation = await notationHome(context, { config: program.trust, env: { NOTATION_CACHE: cache } })
  await addToStore(program.trust, 'revoking', [authority.root.certificatePath])
  await notation.writePolicy(trustEverywhere('revoking'))
  await mkdir(join(program.home, 'config', 'sealwright'), { recursive: true })
  await writeFile(
    join(program.home, 'config', 'sealwright', 'config.json'),
    JSON.stringify({ revocation: { privateHosts: ['127.0.0.1'] } }),
  )
  const signer = await authority.issue('signer', sources)
  const place = await inLayout()
  const target = `oci:${place.target}`
  await program.expect(0, ['sign', '-k', `file:${signer.keyPath}`, '--cert-chain', signer.chainPath, target])
  return {
    signer,
    program,
    target,
    cache: join(cache, 'crl'),
    verifyOurselves: (code: number, ...flags: string[]) =>
      program.expect(code, ['verify', '--scope', place.scope, ...flags, target]),
    verifyByNotation: () => notation.run(['verify', '--debug', ...place.verifyFlags, place.target]),
  }
}

describe('a CRL that is cached', { timeout }, () => {
  test('by us serves notation', async context => {
    await using authority = await startRevocationAuthority()
    const { verifyOurselves, verifyByNotation, cache } = await bothPrograms(context, authority, ['crl'])
    authority.behaviour.crl = 'garbage'
    const refused = await verifyByNotation()
    expect(refused.code, refused.stderr).toBe(1)
    authority.behaviour.crl = 'good'
    await verifyOurselves(0)
    expect(await readdir(cache)).toHaveLength(1)
    authority.behaviour.crl = 'garbage'
    authority.requests.length = 0
    const taken = await verifyByNotation()
    expect(taken.code, taken.stderr).toBe(0)
    expect(authority.requests).toEqual([])
  })

  test.for([
    ['crl', []],
    ['ocsp', ['ocsp']],
  ] as const)(
    'from evidence that came with a signature serves notation: %s',
    async ([first, asked], context) => {
      await using authority = await startRevocationAuthority()
      const both = await bothPrograms(context, authority, first === 'crl' ? ['crl'] : ['ocsp', 'crl'])
      await both.program.expect(0, ['staple', both.target])
      await rm(both.cache, { recursive: true })
      authority.behaviour.ocsp = 'garbage'
      authority.behaviour.crl = 'garbage'
      const refused = await both.verifyByNotation()
      expect(refused.code, refused.stderr).toBe(1)
      authority.requests.length = 0
      await both.verifyOurselves(0, '--offline')
      expect(await readdir(both.cache).catch(() => [])).toEqual([])
      await both.verifyOurselves(0, '--offline', '--keep-revocation')
      expect(authority.requests).toEqual([])
      expect(await readdir(both.cache)).toHaveLength(1)
      const taken = await both.verifyByNotation()
      expect(taken.code, taken.stderr).toBe(0)
      expect([...new Set(authority.requests)]).toEqual(asked)
    },
  )

  test('by notation serves us, offline', async context => {
    await using authority = await startRevocationAuthority()
    const { verifyOurselves, verifyByNotation, cache } = await bothPrograms(context, authority, ['crl'])
    await verifyOurselves(3, '--offline')
    expect((await verifyByNotation()).code).toBe(0)
    expect(await readdir(cache)).toHaveLength(1)
    authority.requests.length = 0
    const { stdout } = await verifyOurselves(0, '--offline')
    expect(stdout).toContain(`${authority.urls.crl} (cached)`)
    expect(authority.requests).toEqual([])
  })
})

describe.each(['ocsp', 'crl'] as const)('by the %s of a certificate', source => {
  test('both take a signer that was not revoked, and refuse one that was', { timeout }, async context => {
    await using authority = await startRevocationAuthority()
    const good = await bothPrograms(context, authority, [source])
    await good.verifyOurselves(0)
    expect((await good.verifyByNotation()).code).toBe(0)
    const bad = await bothPrograms(context, authority, [source])
    await authority.revoke(bad.signer)
    const ours = await bad.verifyOurselves(1)
    expect(ours.stderr).toContain('was revoked at')
    const theirs = await bad.verifyByNotation()
    expect(theirs.code).toBe(1)
    expect(theirs.stderr).toMatch(/revoked/)
  })
})
