import { describe, expect, it } from 'vitest'
import { ChainCache } from '../src/chain-cache.ts'
import { notaryJws } from '../src/index.ts'
import { makeAuthority, makeParty, type Party } from './party.ts'

const read = (cache: ChainCache, { chain }: Party) =>
  cache.read(
    chain.map(({ der }) => der),
    notaryJws,
  )

describe('the cache of chains', () => {
  it('remembers a chain that breaks no rule', async () => {
    const cache = new ChainCache()
    const party = await makeParty({ organisation: 'Acme', authority: await makeAuthority('Acme') })
    expect(read(cache, party)).toBe(read(cache, party))
  })

  it('keeps no chain that breaks one', async () => {
    const cache = new ChainCache()
    const authority = await makeAuthority('Acme')
    expect(read(cache, authority).faults).not.toEqual([])
    expect(read(cache, authority)).not.toBe(read(cache, authority))
  })

  it('forgets the oldest chains beyond its budget of bytes', async () => {
    const cache = new ChainCache()
    const units = `OU=${'x'.repeat(60)},`.repeat(60)
    const large = (organisation: string) =>
      makeParty({
        organisation,
        certificate: { subject: `C=DE,ST=Hessen,${units}O=${organisation},CN=release` },
      })
    const first = await large('first')
    const known = read(cache, first)
    expect(known.faults).toEqual([])
    expect(read(cache, first)).toBe(known)
    for (let i = 0; i < 150; i++) read(cache, await large(`party ${i}`))
    expect(read(cache, first)).not.toBe(known)
  })
})
