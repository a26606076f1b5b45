import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  canonicalRegistry,
  formatReference,
  isDigest,
  isTag,
  parseDigest,
  parseReference,
} from '../src/index.ts'
import { failure } from './expect-error.ts'

const DIGEST = `sha256:${'0a'.repeat(32)}`

describe('parseReference', () => {
  test.each([
    ['registry.example/app', { registry: 'registry.example', repository: 'app' }],
    ['registry.example/app:v1', { registry: 'registry.example', repository: 'app', tag: 'v1' }],
    [`registry.example/app@${DIGEST}`, { registry: 'registry.example', repository: 'app', digest: DIGEST }],
    [
      `registry.example:5000/a/b-c/d__e.f:V_1.x-y@${DIGEST}`,
      { registry: 'registry.example:5000', repository: 'a/b-c/d__e.f', tag: 'V_1.x-y', digest: DIGEST },
    ],
    ['localhost/app', { registry: 'localhost', repository: 'app' }],
    ['registry:5000/app', { registry: 'registry:5000', repository: 'app' }],
    ['127.0.0.1:5000/app', { registry: '127.0.0.1:5000', repository: 'app' }],
    ['[::1]/app', { registry: '[::1]', repository: 'app' }],
    ['[2001:db8::1]:5000/app:5000', { registry: '[2001:db8::1]:5000', repository: 'app', tag: '5000' }],
    [
      `registry.example/app@sha512:${'0'.repeat(128)}`,
      { registry: 'registry.example', repository: 'app', digest: `sha512:${'0'.repeat(128)}` },
    ],
    [`r.example/app:${'x'.repeat(128)}`, { registry: 'r.example', repository: 'app', tag: 'x'.repeat(128) }],
    [`r.example/${'a'.repeat(255)}`, { registry: 'r.example', repository: 'a'.repeat(255) }],
  ])('reads %s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference)
    expect(formatReference(parseReference(text))).toBe(text)
  })

  test.each([
    ['docker.io/library/app', 'docker.io'],
    ['index.docker.io/library/app', 'docker.io'],
    ['registry-1.docker.io/library/app', 'docker.io'],
    ['registry.hub.docker.com/library/app', 'docker.io'],
    ['Docker.IO:443/library/app', 'docker.io'],
    ['docker.io:5000/app', 'docker.io:5000'],
    ['registry.example:443/app', 'registry.example'],
    ['REGISTRY.example:443/app', 'registry.example'],
    ['registry.example:80/app', 'registry.example:80'],
    ['registry.example:4430/app', 'registry.example:4430'],
    ['[2001:DB8:0::1]:443/app', '[2001:db8::1]'],
    ['[0:0::1]:5000/app', '[::1]:5000'],
    ['[::ffff:127.0.0.1]/app', '[::ffff:7f00:1]'],
    // Without the port it would be no host, or spoken to in plain http.
    ['registry:443/app', 'registry:443'],
    ['localhost:443/app', 'localhost:443'],
    ['127.0.0.1:443/app', '127.0.0.1:443'],
  ])('brings the host of %s to its one spelling', (text, host) => {
    const reference = parseReference(text)
    expect(reference.registry).toBe(host)
    expect(canonicalRegistry(text.split('/')[0]!)).toBe(host)
    expect(parseReference(formatReference(reference))).toEqual(reference)
  })

  test('shows no password that was written into a reference', async () => {
    for (const text of ['bot:s3cr3t@registry.example/app', 'https://bot:s3/cr3t@registry.example/app:v1']) {
      const { message, why } = await failure('VALIDATION', () => parseReference(text))
      expect(`${message} ${why}`).not.toMatch(/s3|cr3t|bot/)
      expect(message).toContain('@registry.example/app')
    }
  })

  test.each([
    ['', 'no host'],
    ['app', 'no host'],
    ['app:v1', 'no host'],
    ['app.tgz', 'no host'],
    ['library/alpine:3', 'docker.io'],
    ['registry.example/', 'no repository'],
    ['registry.example/:v1', 'no repository'],
    [`registry.example/@${DIGEST}`, 'no repository'],
    ['/app', 'not a host'],
    ['registry.example/App', 'lower case'],
    ['registry.example/app:', 'not a tag'],
    ['registry.example/app:-x', 'not a tag'],
    ['registry.example/app:a:b', 'not a tag'],
    ['registry.example/app:v1/x', 'not a tag'],
    [`registry.example/app:${'x'.repeat(129)}`, 'not a tag'],
    ['registry.example/app@', 'not a digest'],
    ['registry.example/app@sha256:0', 'not a digest'],
    [`registry.example/app@${DIGEST.toUpperCase()}`, 'not a digest'],
    [`registry.example/app@${DIGEST}@${DIGEST}`, 'not a digest'],
    [`registry.example/app@${DIGEST}:v1`, 'not a digest'],
    [`registry.example/app@sha1:${'0'.repeat(40)}`, 'not a digest'],
    ['registry.example//app', 'not a name'],
    ['registry.example/app/', 'not a name'],
    ['registry.example/../app', 'not a name'],
    ['registry.example/-app', 'not a name'],
    ['registry.example/a..b', 'not a name'],
    ['registry.example/a___b', 'not a name'],
    ['registry.example/äpp', 'not a name'],
    ['registry.example/a%2fb', 'not a name'],
    ['registry.example/app v1', 'not a name'],
    [' registry.example/app', 'not a host'],
    ['registry.example/app\n', 'not a name'],
    ['registry.example/app:v1\n', 'not a tag'],
    ['user@registry.example/app', 'log in'],
    ['bot:s3cr3t@registry.example/app', 'log in'],
    ['bot:s3/cr3t@registry.example/app', 'log in'],
    ['https://registry.example/app', 'leave out https://'],
    ['docker://registry.example/app', 'leave out docker://'],
    ['registry.example:/app', 'port'],
    ['registry.example:0/app', 'port'],
    ['registry.example:05000/app', 'port'],
    ['registry.example:65536/app', 'port'],
    ['registry.example:5000:1/app', 'port'],
    ['-registry.example/app', 'not a host'],
    ['registry..example/app', 'not a host'],
    ['registry.example./app', 'not a host'],
    ['::1/app', 'port'],
    ['[::1/app', 'port'],
    ['127.1/app', 'neither'],
    ['0x7f.0.0.1/app', 'neither'],
    ['127.0.0.01/app', 'neither'],
    ['2130706433:5000/app', 'neither'],
    ['[localhost]/app', 'IPv6'],
    ['[fe80::1%eth0]/app', 'IPv6'],
    [`${'a.'.repeat(130)}example/app`, 'not a host'],
    [`r.example/${'a'.repeat(256)}`, '255'],
    [`r.example/${'a'.repeat(2000)}`, '1024'],
  ])('refuses %j', async (text, why) => {
    expect((await failure('VALIDATION', () => parseReference(text))).why).toContain(why)
  })

  const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/)
  const host = fc.oneof(
    fc.tuple(word, word).map(parts => parts.join('.')),
    fc.constantFrom('localhost', '[::1]', '127.0.0.1', '[2001:db8::7]'),
  )
  const reference = fc
    .tuple(
      host,
      fc.option(fc.integer({ min: 1, max: 65_535 }).filter(port => port !== 443)),
      fc.array(fc.tuple(word, fc.constantFrom('', '.x', '_y', '__z', '--w')), { minLength: 1, maxLength: 4 }),
      fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/)),
      fc.option(
        fc
          .constantFrom(['sha256', 64], ['sha384', 96], ['sha512', 128])
          .map(([name, length]) => `${name}:${'f'.repeat(Number(length))}`),
      ),
    )
    .map(
      ([name, port, path, tag, digest]) =>
        `${name}${port === null ? '' : `:${port}`}/${path.map(parts => parts.join('')).join('/')}` +
        `${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`,
    )

  test('prints what it read, for every good reference', () => {
    fc.assert(
      fc.property(reference, text => {
        const parsed = parseReference(text)
        expect(formatReference(parsed)).toBe(text)
        expect(parseReference(formatReference(parsed))).toEqual(parsed)
      }),
      { numRuns },
    )
  })

  test('reads a mutated one as itself or refuses it', () => {
    const mutated = fc
      .tuple(
        reference,
        fc.nat(),
        fc.nat(3),
        fc.oneof(
          fc.constantFrom(':', '@', '/', '[', ']', '.', '-', '%', '\n', 'A', '\0'),
          fc.string({ maxLength: 3, unit: 'binary' }),
        ),
      )
      .map(([text, at, remove, insert]) => {
        const start = at % (text.length + 1)
        return text.slice(0, start) + insert + text.slice(start + remove)
      })
    fc.assert(
      fc.property(mutated, text => {
        let parsed: ReturnType<typeof parseReference>
        try {
          parsed = parseReference(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION' })
          return
        }
        // Only the host may be spelled differently.
        const path = text.slice(text.indexOf('/'))
        expect(formatReference(parsed)).toBe(`${canonicalRegistry(text.split('/')[0]!)}${path}`)
        expect(parseReference(formatReference(parsed))).toEqual(parsed)
        expect(new URL(`http://${parsed.registry}/v2/${parsed.repository}/`).pathname).toBe(
          `/v2/${parsed.repository}/`,
        )
      }),
      { numRuns },
    )
  })

  test('is quick to refuse what is long', async () => {
    for (const unit of ['a', 'a-', 'a.', ':', '@', '[', 'a/']) {
      const before = process.threadCpuUsage()
      await failure('VALIDATION', () => parseReference(`r.example/${unit.repeat(500_000)}!`))
      await failure('VALIDATION', () => parseReference(`${unit.repeat(500)}!/app`))
      expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(200)
    }
  })
})

test('parseDigest reads the three algorithms in their full length and lower case', async () => {
  expect(parseDigest(DIGEST)).toEqual({ algorithm: 'sha256', hex: '0a'.repeat(32) })
  for (const text of [
    '',
    'sha256',
    'sha256:',
    `sha256:${'0'.repeat(63)}`,
    `sha512:${'0'.repeat(64)}`,
    `md5:${'0'.repeat(32)}`,
    ` ${DIGEST}`,
    `${DIGEST}\n`,
    `sha256:${'A'.repeat(64)}`,
    'constructor:00',
  ]) {
    expect(isDigest(text)).toBe(false)
    await failure('VALIDATION', () => parseDigest(text))
  }
  expect(isTag('v1')).toBe(true)
  expect(isTag('v1\n')).toBe(false)
})
