import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest'
import { documents } from '../../src/program/documents.ts'
import { makeLayout } from '../image.ts'

const MAIN = new URL('../../src/main.ts', import.meta.url).href
// The program from its sources, as its bin runs it from the bundle.
const RUN = `import { main } from '${MAIN}'; process.argv.splice(1, 0, 'sealwright'); await main()`
const NODE = ['--conditions=@sealwright/source', '--input-type=module', '-e', RUN, '--']
const SCRIPT = 'script'

/**
 * Runs a program whose stdout is a non-blocking pipe that is full, next to one that computes without end. Prints which share
 * of the other's processor time the first one took while it waited, and what it wrote once the pipe was read.
 */
const FULL_PIPE = `
import json, os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
filled = 0
try:
    while True: filled += os.write(writer, b' ' * 4096)
except BlockingIOError: pass
child = subprocess.Popen(sys.argv[2:], stdout=writer)
busy = subprocess.Popen([sys.argv[1], '-e', 'for (;;);'])
os.close(writer)
def ticks(process):
    fields = open(f'/proc/{process.pid}/stat').read().rsplit(')', 1)[1].split()
    return int(fields[11]) + int(fields[12])
def until(count):
    while ticks(busy) < count: time.sleep(0.01)
    return ticks(child)
second = os.sysconf('SC_CLK_TCK')
try:
    start = until(second)
    share = (until(2 * second) - start) / second
finally: busy.kill()
text = b''
while chunk := os.read(reader, 65536): text += chunk
print(json.dumps({'share': share, 'code': child.wait(), 'text': text[filled:].decode()}))
`

/** For a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

async function home() {
  const path = await mkdtemp(join(tmpdir(), 'sealwright-process-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  const env = { PATH: process.env.PATH, HOME: path, XDG_CONFIG_HOME: join(path, 'config') }
  return { path, options: { cwd: path, env } }
}

describe('the process', () => {
  it('exits with the code of the run, and writes all of its document', async () => {
    const { options } = await home()
    const child = await promisify(execFile)(process.execPath, [...NODE, 'version', '-o', 'json'], options)
    expect(() => documents.version.parse(JSON.parse(child.stdout))).not.toThrow()
    await expect(promisify(execFile)(process.execPath, [...NODE, 'nonsense'], options)).rejects.toMatchObject(
      { code: 2, stdout: '' },
    )
  })

  it('minds no reader that goes away', async () => {
    const { options } = await home()
    const command = `${[process.execPath, ...NODE].map(quoted).join(' ')} help | head -c 1; echo " \${PIPESTATUS[0]}"`
    expect(execFileSync('bash', ['-c', command], options).toString()).toBe('U 0\n')
  })

  // docs/decisions/0016-wait-for-a-full-pipe.md
  it('leaves the processor to others while a pipe is full, and loses nothing', async ({ skip }) => {
    skip(process.platform !== 'linux', 'processor time is read from /proc')
    try {
      execFileSync('python3', ['--version'])
    } catch {
      skip('python3 is not installed, which makes a pipe that does not block')
    }
    const { options } = await home()
    const args = ['-c', FULL_PIPE, process.execPath, process.execPath, ...NODE, 'version', '-o', 'json']
    const { stdout } = await promisify(execFile)('python3', args, options)
    const { share, code, text } = JSON.parse(stdout)
    expect(code).toBe(0)
    expect(() => documents.version.parse(JSON.parse(text))).not.toThrow()
    expect(share).toBeLessThan(0.5)
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a call in flight with %i, and says so', async (signal, code) => {
    const { options, path } = await home()
    const silent = createServer()
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const { port } = silent.address() as { port: number }
    const child = spawn(
      process.execPath,
      [...NODE, 'list', '-o', 'json', `127.0.0.1:${port}/app:v1`],
      options,
    )
    const [socket] = await once(silent, 'connection')
    let stdout = ''
    child.stdout.on('data', chunk => {
      stdout += chunk
    })
    child.kill(signal)
    expect(await once(child, 'close')).toEqual([code, null])
    socket.destroy()
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: code, error: { code: 'ABORTED' } })
    expect(path).toBeTypeOf('string')
  })

  describe('at a terminal', () => {
    /** Runs `key create` at a terminal of its own; `answer` is typed at each question. */
    async function atTerminal(context: TestContext, answer: string) {
      try {
        execFileSync(SCRIPT, ['--version'])
      } catch {
        context.skip('script (util-linux) is not installed')
      }
      const { options, path } = await home()
      const command = [process.execPath, ...NODE, 'key', 'create', 'file:./a.key'].map(quoted).join(' ')
      const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], options)
      let seen = ''
      let answered = 0
      child.stdout.on('data', chunk => {
        seen += chunk
        const questions = seen.split(/a\.key: /).length - 1
        for (; answered < questions; answered++) child.stdin.write(answer)
      })
      const [code] = await once(child, 'close')
      return { code, seen, key: join(path, 'a.key') }
    }

    it('asks without showing the passphrase', async context => {
      const { code, seen, key } = await atTerminal(context, 'canary-x\u007ftyped\r')
      expect(code).toBe(0)
      expect(seen).toContain('created file:')
      expect(seen).not.toContain('canary')
      const opened = execFileSync('openssl', [
        'pkey',
        '-in',
        key,
        '-passin',
        'pass:canary-typed',
        '-noout',
        '-text',
      ])
      expect(opened.toString()).toContain('Private-Key')
    })

    it('ends with 130 on Ctrl-C, and makes nothing', async context => {
      const { code, seen, key } = await atTerminal(context, '\u0003')
      expect(code).toBe(130)
      expect(seen).toContain('error[ABORTED]')
      await expect(readFile(key)).rejects.toThrow('ENOENT')
    })
  })
})

describe.skipIf(process.platform === 'win32')('what never ends in place of a file', () => {
  const KINDS: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    'a pipe': async path => execFileSync('mkfifo', [path]),
    'a link to /dev/zero': path => symlink('/dev/zero', path),
    'a directory': path => mkdir(path),
  }
  const FILES = ['sealwright.json', 'image/index.json.lock'] as const

  it.each(FILES.flatMap(file => Object.keys(KINDS).map(kind => [file, kind] as const)))(
    'at %s, %s, ends the process with its name, and stays',
    async (file, kind) => {
      const { options, path } = await home()
      await makeLayout(join(path, 'image'), 'v1')
      const run = (...args: readonly string[]) =>
        promisify(execFile)(process.execPath, [...NODE, ...args], { ...options, timeout: 30_000 })
      await run('init', 'me', '--no-passphrase', '--scope', '*')
      await KINDS[kind]!(join(path, file))
      const [before, names] = [await lstat(join(path, file)), await readdir(path, { recursive: true })]
      const failed = await run('sign', 'oci:image:v1', '--timeout', '5s', '-o', 'json').catch(error => error)
      expect(failed).toMatchObject({ code: 2, signal: null })
      const { error } = JSON.parse(failed.stdout)
      expect(error.code).toBe('VALIDATION')
      expect(error.message).toContain(join(path, file))
      expect(error.fix).toBeTypeOf('string')
      expect((await lstat(join(path, file))).ino).toBe(before.ino)
      const after = await readdir(path, { recursive: true })
      expect(after.filter(name => !name.includes('blobs/')).toSorted()).toEqual(
        names.filter(name => !name.includes('blobs/')).toSorted(),
      )
    },
  )
})

describe('a file that is written whole', () => {
  const WRITER = join(import.meta.dirname, '../write-until-killed.ts')

  it('is the old one or the new one wherever the write is killed', async () => {
    const { path, options } = await home()
    let kills = 0
    for (let at = 1; ; at++) {
      const folder = join(path, `${at}`)
      const file = join(folder, 'policy.json')
      await mkdir(folder)
      await writeFile(file, 'old')
      const write = (killAt: number) =>
        promisify(execFile)(process.execPath, ['--conditions=@sealwright/source', WRITER], {
          ...options,
          env: { ...options.env, KILL_AT: String(killAt), FILE: file },
        })
      const killed = await write(at).then(
        () => false,
        () => true,
      )
      expect(await readFile(file, 'utf8')).toBe(killed && at <= 3 ? 'old' : 'new')
      const others = (await readdir(folder)).filter(name => name !== 'policy.json')
      for (const name of others) expect(name).toMatch(/^\.policy\.json\.[0-9a-f]{12}\.tmp$/)
      if (!killed) break
      kills++
      await write(0)
      expect(await readFile(file, 'utf8')).toBe('new')
    }
    expect(kills).toBe(4)
  })
})
