import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { scratch } from '../../../test/services/scratch.ts'
import { revocationCache } from '../src/index.ts'

const URL_OF_CRL = 'http://crl.example/ca.crl'
const NAME = createHash('sha256').update(URL_OF_CRL).digest('hex')

async function fresh() {
  const folder = await scratch('revocation')
  const directories = { crl: join(folder, 'notation', 'crl'), ocsp: join(folder, 'ocsp') }
  return { ...directories, cache: revocationCache(directories) }
}

describe('revocationCache', () => {
  it('has nothing where nothing was stored', async () => {
    const { cache } = await fresh()
    expect(await cache.crl(URL_OF_CRL)).toBeUndefined()
    expect(await cache.ocsp('http://ocsp.example', Buffer.from('request'))).toBeUndefined()
  })

  it("writes CRLs in notation's format and place, and reads them from there", async () => {
    const { cache, crl } = await fresh()
    await cache.storeCrl(URL_OF_CRL, { base: Buffer.from('base'), delta: Buffer.from('delta') })
    const file = JSON.parse(await readFile(join(crl, NAME), 'utf8'))
    expect(file).toEqual({ baseCRL: btoa('base'), deltaCRL: btoa('delta') })
    const read = await cache.crl(URL_OF_CRL)
    expect([read!.base, read!.delta!].map(der => Buffer.from(der).toString())).toEqual(['base', 'delta'])
    // As Go writes it: without a delta the member is left out.
    await writeFile(join(crl, NAME), JSON.stringify({ baseCRL: btoa('other') }))
    expect(await cache.crl(URL_OF_CRL)).toEqual({
      base: new Uint8Array(Buffer.from('other')),
      delta: undefined,
    })
  })

  it('keeps OCSP answers by responder and request', async () => {
    const { cache } = await fresh()
    await cache.storeOcsp('http://a.example', Buffer.from('one'), Buffer.from('answer'))
    expect(Buffer.from((await cache.ocsp('http://a.example', Buffer.from('one')))!).toString()).toBe('answer')
    expect(await cache.ocsp('http://a.example', Buffer.from('two'))).toBeUndefined()
    expect(await cache.ocsp('http://b.example', Buffer.from('one'))).toBeUndefined()
  })

  it.each([
    ['garbage', 'garbage'],
    ['a number', '1'],
    ['no CRL', '{}'],
    ['a CRL that is not base64', '{"baseCRL":"?"}'],
    ['a delta that is not text', `{"baseCRL":"${btoa('x')}","deltaCRL":1}`],
  ])('says that a file with %s cannot be used', async (_, content) => {
    const { cache, crl } = await fresh()
    await mkdir(crl, { recursive: true })
    await writeFile(join(crl, NAME), content)
    await expect(cache.crl(URL_OF_CRL)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('does not wait for what is not a file, and writes through no link', async () => {
    const { cache, crl, ocsp } = await fresh()
    await mkdir(crl, { recursive: true })
    await promisify(execFile)('mkfifo', [join(crl, NAME)])
    await expect(cache.crl(URL_OF_CRL)).rejects.toMatchObject({ code: 'VALIDATION' })
    await mkdir(ocsp)
    await writeFile(join(ocsp, 'precious'), 'kept')
    const { storeOcsp } = cache
    await storeOcsp('http://a.example', Buffer.from('one'), Buffer.from('answer'))
    const [name] = (await readdir(ocsp)).filter(found => found !== 'precious')
    await promisify(execFile)('ln', ['-sf', 'precious', join(ocsp, name!)])
    await storeOcsp('http://a.example', Buffer.from('one'), Buffer.from('another'))
    expect(await readFile(join(ocsp, 'precious'), 'utf8')).toBe('kept')
    await symlink('nowhere', join(ocsp, 'dangling'))
  })

  it('removes the oldest files beyond its bounds, and nothing else', async () => {
    const { cache, ocsp } = await fresh()
    await mkdir(ocsp)
    await writeFile(join(ocsp, 'README'), 'not ours')
    const names = Array.from({ length: 4100 }, () => randomBytes(32).toString('hex'))
    await Promise.all(names.map(name => writeFile(join(ocsp, name), '')))
    for (const [index, name] of names.slice(0, 10).entries())
      await utimes(join(ocsp, name), new Date(index * 1000), new Date(index * 1000))
    await cache.storeOcsp('http://a.example', Buffer.from('one'), Buffer.from('answer'))
    const left = new Set(await readdir(ocsp))
    // The one that was stored, the one that is not ours, and 4095 others.
    expect(left.size).toBe(4097)
    expect(left.has('README')).toBe(true)
    expect(names.slice(0, 5).filter(name => left.has(name))).toEqual([])
  })

  it('is shared by processes: each reads a whole entry, whoever wrote it', async () => {
    const { cache, crl, ocsp } = await fresh()
    const program = fileURLToPath(new URL('revocation-cache-user.ts', import.meta.url))
    const users = Array.from({ length: 4 }, () =>
      promisify(execFile)(
        process.execPath,
        ['--conditions=@sealwright/source', '--no-warnings', program, crl, ocsp],
        { cwd: import.meta.dirname },
      ),
    )
    const outputs = await Promise.all(users)
    expect(outputs.map(({ stdout }) => stdout)).toEqual(['ok', 'ok', 'ok', 'ok'])
    expect((await cache.crl(URL_OF_CRL))!.base).toHaveLength(300_000)
    expect((await readdir(crl)).filter(name => name.endsWith('.tmp'))).toEqual([])
  })
})
