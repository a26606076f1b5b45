import { mkdir, writeFile } from 'node:fs/promises'
import { SealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { failure } from '../../src/runtime/document.ts'
import { EXIT, exitCodeOf, exitCodeOfAll } from '../../src/runtime/exit.ts'
import { asSealwrightError, exitCodeOfError, failureOf } from '../../src/runtime/failure.ts'
import { failureLines, printable, styleFor, table } from '../../src/runtime/text.ts'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

const codes = failure.shape.code.options

describe('exit codes', () => {
  it('follow the table', () => {
    const expected = {
      2: ['VALIDATION', 'UNSUPPORTED', 'NOT_FOUND', 'KEY_MISMATCH'],
      3: ['THROTTLED', 'UNAVAILABLE', 'TIMEOUT', 'INTEGRITY', 'USER_PRESENCE'],
      5: ['ACCESS_DENIED', 'UNAUTHENTICATED', 'KEY_STATE', 'PIN_INCORRECT', 'PIN_LOCKED'],
      70: ['INTERNAL'],
      130: ['ABORTED'],
    }
    const actual = Object.groupBy(codes, code => exitCodeOf(code))
    expect(actual).toEqual(expected)
  })

  it('of several targets are the first of 130, 70, 1, 4, 5, 2, 3', () => {
    const order = [130, 70, 1, 4, 5, 2, 3, 0] as const
    for (const [index, code] of order.entries())
      expect(exitCodeOfAll(order.slice(index).toReversed())).toBe(code)
    expect(exitCodeOfAll([])).toBe(EXIT.done)
  })

  it('of SIGTERM is 143', () => {
    const signal = AbortSignal.abort({ interrupt: 'SIGTERM' })
    expect(exitCodeOfError(asSealwrightError(signal.reason), signal)).toBe(143)
  })
})

describe('messages', () => {
  it('show foreign text as text, in warnings too', async () => {
    const { path, trust, expect: run } = await program()
    await makeLayout(path('layout'), 'v1')
    const statement = {
      name: '\u009b31m\u202e',
      registryScopes: ['*'],
      signatureVerification: { level: 'skip' },
    }
    await mkdir(trust)
    await writeFile(
      `${trust}/trustpolicy.json`,
      JSON.stringify({ version: '1.0', trustPolicies: [statement] }),
    )
    const { stderr } = await run(0, ['verify', 'oci:layout:v1'])
    expect(stderr).toContain('warning:')
    expect(stderr).toContain('\\u{9b}31m\\u{202e}')
    expect(stderr).not.toMatch(/[\u009b\u202e]/)
  })

  it('have a headline, the fact and the fix', () => {
    const error = new SealwrightError('THROTTLED', 'the store is busy', {
      why: 'it said so',
      requestId: '9f0c',
    })
    expect(failureLines('error', failureOf(error), (_style, text) => text)).toEqual([
      'error[THROTTLED]: the store is busy',
      '  why: it said so; request 9f0c',
      '  fix: try again later',
    ])
  })

  it('of what nobody foresaw hide its text, and say where to report it', () => {
    const error = asSealwrightError(new TypeError('secret inside'))
    expect(failureOf(error)).toMatchObject({ code: 'INTERNAL', retryable: false })
    expect(JSON.stringify(failureOf(error))).not.toContain('secret inside')
    expect(error.fix).toContain('/issues')
  })

  it('never steer the terminal', () => {
    expect(printable('a\u001b[31mb\u202ec\nd')).toBe('a\\u{1b}[31mb\\u{202e}c\\u{a}d')
  })
})

describe('text', () => {
  it('on a terminal has tables that fit, with short digests; elsewhere all of them', async () => {
    const { expect: run, path } = await program()
    const { digest } = await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'release', '--scope', '*'])
    await run(0, ['sign', 'oci:image:v1'])
    const long = /sha256:[0-9a-f]{64}/
    for (const args of [['key', 'list'], ['cert', 'list'], ['list', 'oci:image:v1'], ['doctor']]) {
      const color = ['--color', 'never']
      for (const columns of [80, 100, 120]) {
        const { stdout } = await run(0, [...args, ...color], { columns })
        const lines = stdout.split('\n')
        // The reference that was resolved, the checks of doctor and its fixes are not rows.
        const rows = lines.filter(line => !/^oci:|^(?:ok|warning|fault) |^ +fix:/.test(line))
        for (const line of rows) expect(line.length, line).toBeLessThanOrEqual(columns)
        expect(rows.join('\n')).not.toMatch(long)
        if (args[0] !== 'doctor') expect(rows.join('\n')).toMatch(/sha256:[0-9a-f]{12}(?![0-9a-f])/)
      }
      if (args[0] === 'doctor') continue
      const piped = (await run(0, args)).stdout
      expect(piped).toMatch(long)
      expect((await run(0, [...args, '-v', ...color], { columns: 80 })).stdout).toBe(piped)
    }
    expect((await run(0, ['list', 'oci:image:v1'], { columns: 80 })).stdout).toContain(
      `oci:image@${digest}\n`,
    )
    expect((await run(0, ['list', 'oci:image:v1'], { columns: 100 })).stdout).toMatch(
      /── sha256:[0-9a-f]{12} {2}signature {4}\S+… {2}\S+Z {2}- {2}by release \(not verified\)\n/,
    )
    const verified = await run(0, ['verify', '--color', 'never', 'oci:image:v1'], { columns: 80 })
    expect(verified.stdout).toContain(digest)
    const deleted = await run(0, ['delete', '--all', '-y', '--color', 'never', 'oci:image:v1'], {
      columns: 80,
    })
    expect(deleted.stdout).toMatch(/deleted +signature +sha256:[0-9a-f]{64}/)
  })

  it('has the digest beside the reference in JSON', async () => {
    const { expect: run, json, path } = await program()
    const { digest } = await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me', '--scope', '*'])
    expect((await json(2, ['sign', 'oci:image:none'])).targets?.[0]?.digest ?? null).toBeNull()
    for (const command of ['sign', 'verify'])
      expect((await json(0, [command, 'oci:image:v1'])).targets[0]).toMatchObject({
        resolved: `oci:image@${digest}`,
        digest,
      })
  })

  it('begins with what doctor was asked about', async () => {
    const { run, expect: expectCode } = await program()
    await expectCode(0, ['init', 'release', '--scope', '*'])
    expect((await run(['doctor', 'release'])).stdout).toMatch(/^key release\n/)
  })

  it('has columns without empty cells', () => {
    expect(
      table(
        ['A', 'BB'],
        [
          ['x', ''],
          ['longer', 'y'],
        ],
      ),
    ).toEqual(['A       BB', 'x       -', 'longer  y'])
  })

  it.each([
    ['auto', false, {}, false],
    ['auto', true, {}, true],
    ['auto', true, { NO_COLOR: '1' }, false],
    ['auto', true, { TERM: 'dumb' }, false],
    ['auto', false, { FORCE_COLOR: '1' }, true],
    ['auto', true, { FORCE_COLOR: '0' }, false],
    ['always', false, { NO_COLOR: '1' }, true],
    ['never', true, { FORCE_COLOR: '1' }, false],
  ] as const)('--color %s, terminal %s, %o', (mode, isTerminal, env, coloured) => {
    expect(styleFor(mode, { isTerminal }, env)('red', 'x') !== 'x').toBe(coloured)
  })

  it('names each step under -v and the causes under --debug', async () => {
    const { expect: run, path } = await program()
    await makeLayout(path('image'), 'v1')
    const { stderr } = await run(0, ['init', '-v', 'me', '--scope', '*'])
    expect(stderr).toMatch(/^step: create file:/m)
    const signed = await run(0, ['sign', '-v', 'oci:image:v1'])
    expect(signed.stderr.match(/^step: \S+/gm)).toEqual([
      'step: open',
      'step: check',
      'step: resolve',
      'step: look',
      'step: sign',
      'step: read',
    ])
    expect((await run(2, ['cert', 'show', '--debug', './nosuch.crt'])).stderr).not.toMatch(/^\s+at /m)
  })

  it('-q prints resolved references only', async () => {
    const { expect: run, path } = await program()
    const { digest } = await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me', '--scope', '*'])
    expect(await run(0, ['sign', '-q', 'oci:image:v1'])).toMatchObject({
      stdout: `oci:image@${digest}\n`,
      stderr: '',
    })
    expect((await run(0, ['list', '-q', 'oci:image:v1'])).stdout).toBe(`oci:image@${digest}\n`)
    expect((await run(0, ['key', 'list', '-q'])).stdout).toBe('')
  })

  it('global flags stand before the command as well as after it', async () => {
    const { run } = await program()
    for (const args of [
      ['-o', 'json', 'key', 'list'],
      ['key', '-o', 'json', 'list'],
      ['key', 'list', '-ojson'],
    ]) {
      expect(JSON.parse((await run(args)).stdout).schema).toBe('sealwright.key.list/1')
    }
  })

  it('-q says in the help of each command what it leaves', async () => {
    const { expect: run } = await program()
    expect((await run(0, ['verify', '--help'])).stdout).toMatch(/--quiet +print resolved references only/)
    expect((await run(0, ['key', 'list', '--help'])).stdout).toMatch(/--quiet +print nothing but errors/)
  })
})
