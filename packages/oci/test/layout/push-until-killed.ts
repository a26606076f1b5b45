// Run as a program: pushes what PUSH says. Before each operation on the file system it copies the folder as it is then,
// or, before the one that it was told, kills itself.
import { cpSync } from 'node:fs'
import promises, { type FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import type { Descriptor } from '../../src/index.ts'

interface Work {
  /** The folder that is watched, and the layout in it. */
  readonly folder: string
  readonly path: string
  readonly items: readonly { readonly descriptor: Descriptor; readonly bytes: string }[]
  readonly tag?: string
  readonly killAt?: number
  readonly snapshots?: string
}

const { folder, path, items, tag, killAt, snapshots } = JSON.parse(process.env.PUSH ?? '') as Work
let done = 0

function stepping<T extends object>(target: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    const original = target[name] as (...given: unknown[]) => unknown
    target[name] = function (this: unknown, ...given: unknown[]) {
      if (done === killAt) process.kill(process.pid, 'SIGKILL')
      if (snapshots !== undefined) cpSync(folder, `${snapshots}/${done}`, { recursive: true })
      done++
      return Reflect.apply(original, this, given)
    } as T[typeof name]
  }
}

const handle = await promises.open(process.execPath, 'r')
const prototype = Object.getPrototypeOf(handle) as FileHandle
await handle.close()
stepping(prototype, ['writeFile', 'sync', 'close'])
stepping(promises, ['open', 'rename', 'rm', 'mkdir', 'writeFile'])
syncBuiltinESMExports()

const { layoutArchive, layoutDirectory } = await import('../../src/index.ts')
const store = path.endsWith('.tar')
  ? layoutArchive(path, { create: true })
  : layoutDirectory(path, { create: true })
for (const { descriptor, bytes } of items) await store.push(descriptor, Buffer.from(bytes, 'base64'))
const image = items.at(-1)!.descriptor
if (tag !== undefined) await store.tag(image, tag)
