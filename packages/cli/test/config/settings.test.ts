import { spawn } from 'node:child_process'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { parseProjectConfig, readProjectConfig } from '../../src/config/project-config.ts'
import { parseUserConfig } from '../../src/config/user-config.ts'
import { formatTime, parseDuration, parseTime } from '../../src/runtime/time.ts'
import { parseTarget } from '../../src/targets/target.ts'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

const runs = { numRuns }

describe('settings', () => {
  async function twoKeys() {
    const self = await program()
    await self.expect(0, ['init', 'one', '--scope', '*'])
    await self.expect(0, ['init', 'two', '--scope', '*'])
    await makeLayout(self.path('image'), 'v1')
    return self
  }

  it('are taken from the flag, then the environment, then the project, then the user', async () => {
    const { json, path } = await twoKeys()
    const used = async (args: string[], env = {}) =>
      (
        await json(0, ['sign', '--dry-run', ...args, `oci:${path('image')}:v1`], {
          env,
          cwd: path('work', 'deep'),
        })
      ).key.name
    await mkdir(path('work', 'deep'), { recursive: true })
    expect(await used([])).toBe('one')
    await writeFile(path('work', 'sealwright.json'), '{"key":"two"}')
    expect(await used([])).toBe('two')
    expect(await used([], { SEALWRIGHT_KEY: 'one' })).toBe('one')
    expect(await used(['-k', 'two'], { SEALWRIGHT_KEY: 'one' })).toBe('two')
  })

  it('a project says format, expiry and metadata', async () => {
    const { json, path } = await twoKeys()
    await writeFile(
      path('sealwright.json'),
      '{"format":"cose","expiry":"30d","metadata":{"team":"a","build":"1"}}',
    )
    const { targets } = await json(0, ['sign', '-m', 'build=2', 'oci:image:v1'])
    expect(targets[0].signature).toMatchObject({ format: 'cose', metadata: { team: 'a', build: '2' } })
    expect(targets[0].signature.expiry).toBeTypeOf('string')
    expect(
      (await json(0, ['sign', '--format', 'jws', '--expiry', 'none', 'oci:image:v1'])).targets[0].signature,
    ).toMatchObject({ format: 'jws', expiry: null })
  })

  it('says which file decides, and what of it', async () => {
    const { expect: run, path } = await twoKeys()
    await writeFile(path('sealwright.json'), '{"key":"two","format":"cose","metadata":{"team":"a"}}')
    const note = `${path('sealwright.json')} decides: `
    const signed = await run(0, ['sign', 'oci:image:v1'])
    expect(signed.stderr).toContain(`${note}key two; format cose; metadata team=a`)
    const flags = ['-k', 'one', '-m', 'team=b']
    expect((await run(0, ['sign', ...flags, 'oci:image:v1'])).stderr).toContain(`${note}format cose\n`)
    expect((await run(0, ['sign', ...flags, '--format', 'jws', 'oci:image:v1'])).stderr).not.toContain(note)
  })

  it('a project has no say in what only looks', async () => {
    const { json, expect: run, path } = await twoKeys()
    await run(0, ['sign', 'oci:image:v1'])
    await writeFile(path('sealwright.json'), '{')
    await json(0, ['verify', '-k', 'one', 'oci:image:v1'])
    await json(0, ['inspect', 'oci:image:v1'])
    await json(0, ['list', 'oci:image:v1'])
    await json(0, ['key', 'list'])
    await json(2, ['sign', 'oci:image:v1'])
    const { checks } = await json(1, ['doctor'])
    expect(checks.map(({ check }: { check: string }) => check)).toContain('trust')
  })

  it('a file above the repository does not decide in it', async () => {
    const { json, path } = await twoKeys()
    await mkdir(path('repo', '.git'), { recursive: true })
    await mkdir(path('repo', 'sub'))
    await writeFile(path('sealwright.json'), '{"key":"two"}')
    const sign = ['sign', '--dry-run', `oci:${path('image')}:v1`]
    const { error } = await json(2, sign, { cwd: path('repo', 'sub') })
    expect(error.message).toBe(`${path('sealwright.json')} lies above the repository ${path('repo')}`)
    await writeFile(path('repo', 'sealwright.json'), '{}')
    expect((await json(0, sign, { cwd: path('repo', 'sub') })).key.name).toBe('one')
  })

  it('a file of another user does not decide, whatever it says', async ctx => {
    if (process.geteuid?.() !== 0) return ctx.skip('only root can give a file to another user')
    const { json, path } = await twoKeys()
    await mkdir(path('work'))
    await writeFile(path('sealwright.json'), '{"key":"two"}')
    await chown(path('sealwright.json'), 65_534, 65_534)
    const sign = ['sign', '--dry-run', `oci:${path('image')}:v1`]
    const { error } = await json(2, sign, { cwd: path('work') })
    expect(error.message).toBe(`${path('sealwright.json')} belongs to another user`)
    expect(error.fix).toContain(`echo '{}' > ${path('work', 'sealwright.json')}`)
    await writeFile(path('work', 'sealwright.json'), '{}')
    expect((await json(0, sign, { cwd: path('work') })).key.name).toBe('one')
  })

  it('a file of another user does not decide where it takes the place of an own one meanwhile', async ctx => {
    if (process.geteuid?.() !== 0) return ctx.skip('only root can give a file to another user')
    const { path } = await program()
    const [own, foreign, file] = [path('own'), path('foreign'), path('sealwright.json')]
    await writeFile(own, '{"key":"own"}')
    await writeFile(foreign, '{"key":"foreign"}')
    await chown(foreign, 65_534, 65_534)
    const swap = `const { linkSync, renameSync } = require('node:fs')
for (const to of Array(200_000).fill(['${own}', '${foreign}']).flat()) { linkSync(to, '${file}.new'); renameSync('${file}.new', '${file}') }`
    const swapper = spawn(process.execPath, ['-e', swap], { stdio: 'ignore' })
    onTestFinished(() => void swapper.kill())
    const seen = new Set<string | undefined>()
    const until = performance.now() + 10_000
    for (let reads = 0; reads < 3000 && performance.now() < until; reads += seen.has('VALIDATION') ? 1 : 0)
      seen.add(
        await readProjectConfig(path()).then(
          found => found?.config.key,
          error => error.code,
        ),
      )
    expect([...seen]).toContain('own')
    expect([...seen]).toContain('VALIDATION')
    expect([...seen]).not.toContain('foreign')
  })

  it.each([
    ['{"trust":"x"}', 'trust'],
    ['{"policy":"x"}', 'policy'],
    ['{"providers":{}}', 'providers'],
    ['{"registries":{}}', 'registries'],
    ['{"timestamp":["https://tsa.example"]}', 'timestamp'],
    ['{"key":"file:./key"}', 'key must be a name'],
    ['{"key":"awskms:///alias/x"}', 'key must be a name'],
    ['{"key":"a","key":"b"}', 'twice'],
    ['{"metadata":{"io.cncf.notary.x":"1"}}', 'reserved'],
  ])('a project may not say %s', async (text, part) => {
    const { json, path } = await twoKeys()
    await writeFile(path('sealwright.json'), text)
    const { error } = await json(2, ['sign', 'oci:image:v1'])
    expect(error.message + error.why).toContain(part)
    expect(error.message).toContain('sealwright.json')
  })

  it('a broken file stops only the commands that need it', async () => {
    const { json, config, expect: run } = await twoKeys()
    await writeFile(config, '{"nonsense":1}')
    expect((await json(2, ['key', 'list'])).error.message).toMatch(/config\.json:1:2: "nonsense"/)
    await run(0, ['version'])
    await run(0, ['help', 'sign'])
  })

  it('rules for signing end in exit 4', async () => {
    const { run, config, path } = await twoKeys()
    await writeFile(config, '{"defaultKey":"one","sign":{"algorithms":["ES384"]}}')
    const { code, stderr } = await run(['sign', 'oci:image:v1'])
    expect(code).toBe(4)
    expect(stderr).toContain('denied[VALIDATION]: signing with ES256 is not allowed')
    await writeFile(config, '{"defaultKey":"one","sign":{"requireDigest":true}}')
    expect((await run(['sign', 'registry.example/app:v1'])).code).toBe(4)
    expect(path()).toBeTypeOf('string')
  })

  it('SEALWRIGHT_OUTPUT and SEALWRIGHT_TIMEOUT are as the flags', async () => {
    const { run } = await program()
    expect(JSON.parse((await run(['version'], { env: { SEALWRIGHT_OUTPUT: 'json' } })).stdout).schema).toBe(
      'sealwright.version/1',
    )
    expect((await run(['version'], { env: { SEALWRIGHT_OUTPUT: 'yaml' } })).code).toBe(2)
    expect((await run(['cert', 'list'], { env: { SEALWRIGHT_TIMEOUT: 'soon' } })).code).toBe(2)
  })
})

describe('parsers', () => {
  const refusesOrReads = (read: () => unknown): void => {
    try {
      read()
    } catch (error) {
      expect(isSealwrightError(error)).toBe(true)
    }
  }

  it('of durations read whole numbers with a unit, and nothing else', () => {
    expect(parseDuration('90s', '--x')).toBe(90_000)
    expect(parseDuration('30d', '--x')).toBe(30 * 86_400_000)
    for (const text of ['', '0s', '-1s', '1', '1.5h', '1h30m', ' 1s', '1S', '99999999999d', '1y']) {
      expect(() => parseDuration(text, '--x')).toThrow('is not a duration')
    }
  })

  it('of times read RFC 3339 or a date and refuse days that the calendar lacks', () => {
    expect(formatTime(parseTime('2026-11-22T15:00:00+01:00', '--at'))).toBe('2026-11-22T14:00:00Z')
    expect(formatTime(parseTime('2026-11-22', '--at'))).toBe('2026-11-22T00:00:00Z')
    for (const text of [
      '2026-02-30T00:00:00Z',
      '2026-02-30',
      '2026-11-22T14:00:00',
      '2026-13-01T00:00:00Z',
      '2026-11-22T24:00:00Z',
    ]) {
      expect(() => parseTime(text, '--at')).toThrow('is not a time')
    }
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), date => {
        const text = formatTime(date)
        expect(formatTime(parseTime(text, '--at'))).toBe(text)
      }),
      runs,
    )
  })

  it('of targets end in a target or a named error, and print what they read', () => {
    const piece = fc.constantFrom(
      'oci:',
      'oci-archive:',
      'file:',
      './',
      '../',
      '/',
      'a',
      'b.c',
      ':',
      '@',
      'sha256:',
      '0'.repeat(64),
      'registry.example',
      '-',
      'v1',
      '\\',
      'é',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
        const text = pieces.join('')
        refusesOrReads(() => {
          const target = parseTarget(text, '/nowhere', 'sign')
          expect(target.text).toBe(text)
          if (target.kind === 'file') return
          const name =
            target.kind === 'registry'
              ? target.repository
              : `${target.kind === 'layout' ? 'oci' : 'oci-archive'}:${target.path}`
          expect(
            `${name}${target.tag === undefined ? '' : `:${target.tag}`}${target.digest === undefined ? '' : `@${target.digest}`}`,
          ).toBe(text)
        })
      }),
      runs,
    )
  })

  it('of configurations end in a configuration or a named error', () => {
    const member = fc.constantFrom(
      'key',
      'format',
      'expiry',
      'metadata',
      'defaultKey',
      'registries',
      'sign',
      'limits',
      '__proto__',
      'x',
    )
    const text = fc.oneof(
      fc
        .dictionary(member, fc.oneof(fc.string(), fc.json(), fc.constant('jws'), fc.constant('30d')))
        .map(value => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    )
    fc.assert(
      fc.property(text, input => {
        refusesOrReads(() => parseProjectConfig(Buffer.from(input), 'sealwright.json'))
        refusesOrReads(() => parseUserConfig(Buffer.from(input), 'config.json'))
      }),
      runs,
    )
  })

  it.each(['['.repeat(20_000), '{"a":'.repeat(20_000), ' '.repeat(2_000_000)])(
    'of configurations refuse what is deep or long',
    text => {
      expect(() => parseUserConfig(Buffer.from(text), 'config.json')).toThrow('config.json')
    },
  )
})

describe('revocation.privateHosts', () => {
  const parsed = (host: string) =>
    parseUserConfig(Buffer.from(JSON.stringify({ revocation: { privateHosts: [host] } })), 'config.json')

  it.each(['ocsp.acme.internal', 'localhost', '10.0.0.7', '::1', '[::1]', 'OCSP.Acme.Internal'])(
    'takes %s',
    host => {
      expect(parsed(host).revocation).toEqual({ privateHosts: [host] })
    },
  )

  it.each([
    'http://ocsp.acme',
    'ocsp.acme:80',
    'ocsp.acme:8080',
    'ocsp.acme/',
    'me@ocsp.acme',
    'ocsp acme',
    '*',
    '',
  ])('refuses %j', host => {
    expect(() => parsed(host)).toThrow(/revocation\.privateHosts\.0 (is not a host|must be text)/)
  })
})
