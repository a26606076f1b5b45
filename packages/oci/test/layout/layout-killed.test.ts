import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ArtifactStore, layoutArchive, layoutDirectory } from '../../src/index.ts'
import { collect, list, type MadeImage, madeImage, madeSignature, pushImage } from '../artifacts.ts'
import { temporaryFolder } from '../temporary.ts'

const run = promisify(execFile)
const PROGRAM = join(import.meta.dirname, 'push-until-killed.ts')

/**
 * Another process pushes to a layout, and keeps what the disk looks like before each of its operations: that is what it
 * would leave if it were killed there. Some times it is killed indeed. Whatever it leaves, the next run must find it
 * sound, or not at all, and must be able to finish.
 */
describe('killed at any step', () => {
  beforeEach(({ skip }) => skip(process.platform === 'win32', 'it needs a POSIX system'))

  test.each([
    ['a new layout directory', 'layout', false],
    ['a signature into a layout directory', 'layout', true],
    ['a signature into an archive', 'a.tar', true],
  ] as const)(
    '%s is left sound, and the next run finishes',
    async (_, name, exists) => {
      await using temporary = await temporaryFolder()
      const image = madeImage()
      const signature = madeSignature(image.image.descriptor)
      const template = join(temporary.path, 'template')
      await mkdir(template)
      if (exists) await pushImage(openLayout(join(template, name)), image, 'v1')
      const work: Work = { name, made: exists ? signature : image, tag: exists ? undefined : 'v1' }

      const snapshots = join(temporary.path, 'snapshots')
      const watched = join(temporary.path, 'watched')
      await cp(template, watched, { recursive: true })
      await push(watched, work, { snapshots })
      const steps = (await readdir(snapshots)).length
      expect(steps).toBeGreaterThan(4)
      const left = [watched, ...Array.from({ length: steps }, (_, step) => join(snapshots, String(step)))]
      for (const killAt of [0, 1, 2, 3].map(part => Math.floor((steps * (part + 0.5)) / 4))) {
        const folder = join(temporary.path, `killed-${killAt}`)
        await cp(template, folder, { recursive: true })
        await expect(push(folder, work, { killAt })).rejects.toMatchObject({ signal: 'SIGKILL' })
        left.push(folder)
      }

      // At once, because a lock that was left is waited for.
      await Promise.all(
        left.map(async folder => {
          const path = join(folder, name)
          await assertSound(path, [image, signature])
          if (exists) expect(await openLayout(path).resolve('v1')).toEqual(image.image.descriptor)
          await pushImage(openLayout(path), work.made, work.tag)
          await assertSound(path, [image, signature])
          expect(await openLayout(path).resolve('v1')).toEqual(image.image.descriptor)
          const found = await list(openLayout(path).referrers(image.image.descriptor))
          expect(found.map(({ digest }) => digest)).toEqual(exists ? [signature.image.descriptor.digest] : [])
        }),
      )
    },
    60_000,
  )
})

interface Work {
  readonly name: string
  readonly made: MadeImage
  readonly tag: string | undefined
}

function openLayout(path: string): ArtifactStore {
  return path.endsWith('.tar')
    ? layoutArchive(path, { create: true })
    : layoutDirectory(path, { create: true })
}

async function push(
  folder: string,
  work: Work,
  how: { snapshots: string } | { killAt: number },
): Promise<void> {
  const items = [...work.made.blobs, work.made.image].map(({ descriptor, bytes }) => ({
    descriptor,
    bytes: Buffer.from(bytes).toString('base64'),
  }))
  const task = { folder, path: join(folder, work.name), items, tag: work.tag, ...how }
  await run(process.execPath, ['--conditions=@sealwright/source', PROGRAM], {
    env: { ...process.env, PUSH: JSON.stringify(task) },
  })
}

/** Whatever is listed or lies under a name that counts is whole and right. */
async function assertSound(path: string, images: readonly MadeImage[]): Promise<void> {
  const store = openLayout(path)
  for (const { descriptor } of await store.entries!()) await collect(store.fetch(descriptor))
  for (const { image, blobs } of images) {
    const listed = (await store.entries!()).some(
      ({ descriptor }) => descriptor.digest === image.descriptor.digest,
    )
    for (const { descriptor, bytes } of [image, ...blobs]) {
      if (!listed && !(await store.exists(descriptor))) continue
      expect(await collect(store.fetch(descriptor))).toEqual(Buffer.from(bytes))
    }
  }
  if (path.endsWith('.tar')) return
  for (const file of await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!file.isFile() || /\.(?:tmp|lock)$/.test(file.name)) continue
    expect((await readFile(join(file.parentPath, file.name))).byteLength).toBeGreaterThan(0)
  }
}
