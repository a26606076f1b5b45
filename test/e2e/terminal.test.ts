import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { makeLayout } from '../../packages/cli/test/image.ts'
import { nodeVersion } from '../house/node-version.ts'
import { softHsmToken } from '../services/softhsm.ts'
import { need, type Skips } from '../services/tool.ts'
import { atTerminal, type Typed } from './at-terminal.ts'
import { programHome } from './program.ts'

vi.setConfig({ testTimeout: 180_000 })

const BIN = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'sealwright.js')
/** Collects garbage all the time: what is forgotten and not closed is closed by the collector, which says so or throws. */
const COLLECTING = ['--expose-gc', '--import', 'data:text/javascript,setInterval(gc, 20).unref()']
const PASSPHRASE = 'canary-pass phrase'

async function terminalOf(context: Skips, version: string) {
  const node = version === 'of the workspace' ? process.execPath : need(context, await nodeVersion(version))
  const program = await programHome(context, PASSPHRASE)
  const { home } = program
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    NOTATION_CONFIG: join(home, 'notation'),
    SOFTHSM2_CONF: process.env.SOFTHSM2_CONF,
    TERM: 'xterm',
  }
  const at = (args: readonly string[], ...answers: Typed[]) =>
    atTerminal(context, [node, ...COLLECTING, BIN, ...args], { cwd: home, env }, answers)
  return { home, at, expect: program.expect }
}

/** A file key of the home, and an image that it can sign. */
async function withKey(context: Skips, version: string) {
  const self = await terminalOf(context, version)
  await makeLayout(join(self.home, 'image'), 'v1')
  await self.expect(0, ['init', 'me', '--scope', '*'])
  const asked = { at: /passphrase of .*me\.key: $/ }
  return { ...self, asked }
}

const withoutNotes = (lines: readonly string[]) => lines.filter(line => !line.startsWith('note: '))

const answer = (at: RegExp, text: string): Typed => ({ at, type: text })

describe.each(['22.23.3', 'of the workspace', '26.10.0'])('at a terminal, Node %s', version => {
  it('init takes a passphrase that is typed twice', async context => {
    const { at } = await terminalOf(context, version)
    const session = await at(
      ['init', 'me', '--scope', '*'],
      answer(/new passphrase .*: $/, `${PASSPHRASE}x\u007f\r`),
      answer(/the same again .*: $/, `\u001b[D${PASSPHRASE}\r`),
    )
    expect(withoutNotes(session.lines)).toEqual([
      expect.stringMatching(/^new passphrase \(.*\) for .*me\.key: $/),
      expect.stringMatching(/^the same again for .*me\.key: $/),
    ])
    expect(session).toMatchObject({ code: 0, echoed: [false, false], isRestored: true })
    expect(session.stdout).toContain('key me is ready')
  })

  it('init makes a passphrase when none is typed, and shows it once', async context => {
    const { at } = await terminalOf(context, version)
    const session = await at(
      ['init', 'me', '--scope', '*'],
      answer(/new passphrase .*: $/, '\r'),
      answer(/press Enter $/, '\r'),
    )
    expect(withoutNotes(session.lines)).toEqual([
      expect.stringMatching(/^new passphrase/),
      expect.stringMatching(/^the passphrase is {3}\S{24}$/),
      expect.stringMatching(/press Enter $/),
    ])
    expect(session).toMatchObject({ code: 0, isRestored: true })
  })

  it('sign asks for the passphrase', async context => {
    const { at, asked } = await withKey(context, version)
    const session = await at(['sign', 'oci:image:v1'], { ...asked, type: `${PASSPHRASE}\r` })
    expect(withoutNotes(session.lines)).toEqual([expect.stringMatching(/^passphrase of .*me\.key: $/)])
    expect(session).toMatchObject({ code: 0, echoed: [false], isRestored: true })
    const question = /delete .*\[y\/N\] $/
    const deletion = await at(['delete', 'oci:image:v1', '--all'], answer(question, 'Y\u0015nope\u0015y\r'))
    expect(deletion).toMatchObject({ code: 0, isRestored: true })
    expect(deletion.lines.join('\n')).toMatch(/\[y\/N\] .*y$/)
    // The question names what would go, a line for each.
    expect(
      deletion.lines.filter(line => !/^(?:note: |to be deleted from |\s*signature |delete )/.test(line)),
    ).toEqual([])
  })

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s ends it with 130 and gives the terminal back', async (_name, key) => {
    const context = { skip: (reason: string) => expect.fail(reason) }
    const { at, asked } = await withKey(context, version)
    const session = await at(['sign', 'oci:image:v1'], { ...asked, type: key })
    expect(session).toMatchObject({ code: 130, isRestored: true, stdout: '' })
    expect(session.lines).toEqual([
      expect.stringMatching(/^passphrase of/),
      'error[ABORTED]: interrupted',
      expect.stringMatching(/^ {2}fix: /),
    ])
  })

  it('a PIN is asked for, and not shown', async context => {
    const token = await softHsmToken(context)
    const { at } = await terminalOf(context, version)
    const reference = `pkcs11:token=${encodeURIComponent(token.label)};object=release`
    const session = await at(
      ['key', 'create', reference, '--pkcs11-module', token.modulePath],
      answer(/PIN of token .*: $/, `${token.pin}\r`),
    )
    expect(withoutNotes(session.lines)).toEqual([`PIN of token "${token.label}": `])
    expect(session).toMatchObject({ code: 0, echoed: [false], isRestored: true })
  })
})
