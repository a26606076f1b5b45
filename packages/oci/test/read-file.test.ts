import { randomBytes } from 'node:crypto'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openRegular, readOpen, readSmallFile } from '../src/layout/read-file.ts'
import { temporaryFolder } from './temporary.ts'

const CHUNK = 256 * 1024

test.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])('a file of %i bytes is read whole', async size => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  const content = randomBytes(size)
  await writeFile(path, content)
  expect(Buffer.compare((await readSmallFile(path, size))!, content)).toBe(0)
  if (size > 0) await expect(readSmallFile(path, size - 1)).rejects.toMatchObject({ code: 'VALIDATION' })
})

test('a file that grew since it was opened is read to its end', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, 'as it was')
  const file = await openRegular(path)
  await appendFile(path, ', and more')
  const chunks: Uint8Array[] = []
  for await (const chunk of readOpen(file!)) chunks.push(chunk)
  expect(Buffer.concat(chunks).toString()).toBe('as it was, and more')
})

test('a part of a file is read and no more', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  await writeFile(path, '0123456789')
  const chunks: Uint8Array[] = []
  for await (const chunk of readOpen((await openRegular(path))!, 3, 4)) chunks.push(chunk)
  expect(Buffer.concat(chunks).toString()).toBe('3456')
})

test('a file of the system that says it has no bytes is read all the same', async ctx => {
  const path = '/proc/version'
  const content = await readFile(path).catch(() => ctx.skip('no /proc here'))
  expect(Buffer.compare((await readSmallFile(path, 4096))!, content)).toBe(0)
})

test('a file that is closed during a read lets it end', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'file')
  const content = randomBytes(CHUNK)
  await writeFile(path, content)
  const file = (await openRegular(path))!
  const buffer = new Uint8Array(CHUNK)
  const reading = file.read(buffer, 0, CHUNK, 0)
  file.close()
  file.close()
  expect(await reading).toBe(CHUNK)
  expect(Buffer.compare(buffer, content)).toBe(0)
  await expect(file.read(buffer, 0, CHUNK, 0)).rejects.toThrow('closed')
})
