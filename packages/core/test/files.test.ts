import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  openRegular,
  readOpen,
  readRegularFile,
  readRegularFileIfPresent,
  systemFailure,
  writeFileAtomic,
} from '@sealwright/core/files'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const CHUNK = 256 * 1024

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwright-files-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function at(...names: string[]): string {
  return join(folder, ...names)
}

async function failureOf(action: Promise<unknown>): Promise<SealwrightError> {
  const error = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isSealwrightError(error)) throw new Error(`no SealwrightError: ${String(error)}`)
  return error
}

describe('reading', () => {
  test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])(
    'a file of %i bytes is read whole',
    async size => {
      const content = randomBytes(size)
      await writeFile(at('file'), content)
      expect(Buffer.compare(await readRegularFile(at('file'), size), content)).toBe(0)
      if (size > 0) {
        const error = await failureOf(readRegularFile(at('file'), size - 1))
        expect(error).toMatchObject({
          code: 'VALIDATION',
          message: `${at('file')} is larger than ${size - 1} bytes`,
        })
      }
    },
  )

  test('a link is followed', async () => {
    await writeFile(at('file'), 'content')
    await symlink('file', at('link'))
    expect(Buffer.from(await readRegularFile(at('link'), 99)).toString()).toBe('content')
  })

  test('where there is no file, one says so and the other gives nothing', async () => {
    await writeFile(at('file'), '')
    expect(await readRegularFileIfPresent(at('none'), 9)).toBeUndefined()
    expect(await readRegularFileIfPresent(at('file', 'none'), 9)).toBeUndefined()
    expect(await failureOf(readRegularFile(at('none'), 9))).toMatchObject({
      code: 'NOT_FOUND',
      message: `cannot read ${at('none')}`,
      why: 'no such file or directory',
    })
    expect(await failureOf(readRegularFile(at('file', 'none'), 9))).toMatchObject({ code: 'VALIDATION' })
  })

  test('a directory, a pipe and a device are refused without waiting', async () => {
    execFileSync('mkfifo', [at('pipe')])
    await symlink('/dev/zero', at('zero'))
    for (const [path, kind] of [
      [folder, 'directory'],
      [at('pipe'), 'named pipe'],
      [at('zero'), 'device'],
    ] as const) {
      for (const read of [readRegularFile, readRegularFileIfPresent]) {
        expect(await failureOf(read(path, 9))).toMatchObject({
          code: 'VALIDATION',
          message: `${path} is not a regular file`,
          why: `it is a ${kind}`,
        })
      }
    }
  })

  test('links in a circle, a name that is too long and one with NUL are invalid', async () => {
    await symlink('loop', at('loop'))
    for (const path of [at('loop'), at('x'.repeat(300)), at('a\0b')]) {
      expect(await failureOf(readRegularFileIfPresent(path, 9))).toMatchObject({
        code: 'VALIDATION',
        message: `cannot read ${path}`,
      })
    }
  })

  test('a file that grew since it was opened is read to its end', async () => {
    await writeFile(at('file'), 'as it was')
    const file = await openRegular(at('file'))
    await appendFile(at('file'), ', and more')
    const chunks: Uint8Array[] = []
    for await (const chunk of readOpen(file!)) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('as it was, and more')
  })

  test('a part of a file is read and no more', async () => {
    await writeFile(at('file'), '0123456789')
    const chunks: Uint8Array[] = []
    for await (const chunk of readOpen((await openRegular(at('file')))!, 3, 4)) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('3456')
  })

  test('a file of the system that says it has no bytes is read all the same', async ctx => {
    const content = await readFile('/proc/version').catch(() => ctx.skip('no /proc here'))
    expect(Buffer.compare(await readRegularFile('/proc/version', 4096), content)).toBe(0)
  })

  test('a file that is closed during a read lets it end', async () => {
    const content = randomBytes(CHUNK)
    await writeFile(at('file'), content)
    const file = (await openRegular(at('file')))!
    const buffer = new Uint8Array(CHUNK)
    const reading = file.read(buffer, 0, CHUNK, 0)
    file.close()
    file.close()
    expect(await reading).toBe(CHUNK)
    expect(Buffer.compare(buffer, content)).toBe(0)
    await expect(file.read(buffer, 0, CHUNK, 0)).rejects.toThrow('closed')
  })
})

describe('writing', () => {
  test('makes the directories, for this user alone, and the file', async () => {
    await writeFileAtomic(at('a', 'b'), 'content')
    expect(await readFile(at('a', 'b'), 'utf8')).toBe('content')
    expect((await stat(at('a'))).mode & 0o777).toBe(0o700)
    expect((await stat(at('a', 'b'))).mode & 0o777).toBe(0o600)
    expect(await readdir(at('a'))).toEqual(['b'])
  })

  test('goes through links, also to a file that does not exist yet', async () => {
    await mkdir(at('dotfiles'))
    await mkdir(at('home'))
    await symlink(join('..', 'dotfiles'), at('home', 'config'))
    await symlink('real', at('dotfiles', 'file'))
    await writeFileAtomic(at('home', 'config', 'file'), 'new')
    expect(await readlink(at('dotfiles', 'file'))).toBe('real')
    expect(await readFile(at('dotfiles', 'real'), 'utf8')).toBe('new')
    await writeFileAtomic(at('home', 'config', 'file'), 'newer')
    expect(await readFile(at('dotfiles', 'real'), 'utf8')).toBe('newer')
    expect((await readdir(at('dotfiles'))).toSorted()).toEqual(['file', 'real'])
  })

  test('replaces a link where it is told to', async () => {
    await writeFile(at('victim'), 'kept')
    await symlink('victim', at('link'))
    await writeFileAtomic(at('link'), 'new', { replaceLink: true })
    expect((await lstat(at('link'))).isFile()).toBe(true)
    expect(await readFile(at('victim'), 'utf8')).toBe('kept')
  })

  test('never replaces anything where it is told not to, and only one of many at once succeeds', async () => {
    await writeFile(at('file'), 'kept')
    await mkdir(at('directory'))
    await symlink('/nowhere', at('link'))
    for (const name of ['file', 'directory', 'link']) {
      const error = await failureOf(writeFileAtomic(at(name), 'x', { exclusive: true }))
      expect(error).toMatchObject({ code: 'VALIDATION', message: `${at(name)} exists` })
    }
    expect(await readFile(at('file'), 'utf8')).toBe('kept')
    const writes = ['1', '2', '3', '4'].map(text => writeFileAtomic(at('new'), text, { exclusive: true }))
    const results = await Promise.allSettled(writes)
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await readdir(folder)).toSorted()).toEqual(['directory', 'file', 'link', 'new'])
  })

  test('takes chunks, and leaves nothing when they fail', async () => {
    async function* chunks(fails: boolean) {
      yield Buffer.from('one ')
      if (fails) throw new Error('the source failed')
      yield Buffer.from('two')
    }
    await writeFileAtomic(at('file'), chunks(false), { mode: 0o644 })
    expect(await readFile(at('file'), 'utf8')).toBe('one two')
    await expect(writeFileAtomic(at('file'), chunks(true))).rejects.toThrow('the source failed')
    expect(await readFile(at('file'), 'utf8')).toBe('one two')
    expect(await readdir(folder)).toEqual(['file'])
  })

  test('never puts a file in the place of a directory, a pipe or a device', async () => {
    execFileSync('mkfifo', [at('pipe')])
    await mkdir(at('directory'))
    await symlink('/dev/null', at('null'))
    for (const name of ['pipe', 'directory', 'null']) {
      expect(await failureOf(writeFileAtomic(at(name), 'x'))).toMatchObject({
        code: 'VALIDATION',
        message: expect.stringMatching(/ is not a regular file$/) as string,
      })
    }
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true)
    expect((await readdir(folder)).toSorted()).toEqual(['directory', 'null', 'pipe'])
  })

  test('a loop of links and a file in place of a directory are invalid', async () => {
    await symlink('loop', at('loop'))
    await writeFile(at('file'), '')
    for (const path of [at('loop'), at('file', 'x')]) {
      expect(await failureOf(writeFileAtomic(path, 'x'))).toMatchObject({
        code: 'VALIDATION',
        message: `cannot write ${path}`,
      })
    }
  })

  test('a full disk is UNAVAILABLE, names the file and leaves nothing', async ctx => {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder], { stdio: 'ignore' })
    } catch {
      ctx.skip('this user may not mount a small file system')
    }
    try {
      expect(await failureOf(writeFileAtomic(at('file'), randomBytes(256 * 1024)))).toMatchObject({
        code: 'UNAVAILABLE',
        message: `cannot write ${at('file')}`,
        why: 'the disk is full',
      })
      expect(await readdir(folder)).toEqual([])
    } finally {
      execFileSync('umount', [folder])
    }
  })
})

test.each([
  ['ENOENT', 'NOT_FOUND'],
  ['ENOTDIR', 'VALIDATION'],
  ['EISDIR', 'VALIDATION'],
  ['ELOOP', 'VALIDATION'],
  ['ENAMETOOLONG', 'VALIDATION'],
  ['EACCES', 'ACCESS_DENIED'],
  ['EPERM', 'ACCESS_DENIED'],
  ['EROFS', 'ACCESS_DENIED'],
  ['ENOSPC', 'UNAVAILABLE'],
  ['EDQUOT', 'UNAVAILABLE'],
  ['EIO', 'UNAVAILABLE'],
  ['EMFILE', 'UNAVAILABLE'],
  ['ENFILE', 'UNAVAILABLE'],
  ['EBUSY', 'UNAVAILABLE'],
  ['ESTALE', 'UNAVAILABLE'],
])('%s is %s', (code, expected) => {
  const error = systemFailure(
    Object.assign(new Error('of the system'), { code, syscall: 'x' }),
    'read',
    '/a/b',
  )
  expect(error).toMatchObject({ code: expected, message: 'cannot read /a/b' })
})

test('an error that is not from the file system stays unchanged', () => {
  for (const error of [new TypeError('x'), new SealwrightError('TIMEOUT', 'x'), 'text', undefined])
    expect(systemFailure(error, 'read', '/a')).toBe(error)
})
