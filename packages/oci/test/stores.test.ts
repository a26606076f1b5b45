import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layoutArchive, layoutDirectory, memory } from '../src/index.ts'
import { type OpenStore, storeCases } from './store-cases.ts'

storeCases(
  'memory',
  async () => {
    const store = memory()
    return { store, again: () => store, [Symbol.asyncDispose]: async () => {} }
  },
  'layout',
)

storeCases(
  'layoutDirectory',
  () => inFolder(folder => layoutDirectory(join(folder, 'layout'), { create: true })),
  'layout',
)
storeCases(
  'layoutArchive',
  () => inFolder(folder => layoutArchive(join(folder, 'a.tar'), { create: true })),
  'layout',
)
storeCases(
  'layoutArchive, gzip',
  () => inFolder(folder => layoutArchive(join(folder, 'a.tar.gz'), { create: true })),
  'layout',
)

async function inFolder(make: (folder: string) => ReturnType<typeof memory>): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), 'oci-'))
  return {
    store: make(folder),
    again: () => make(folder),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
