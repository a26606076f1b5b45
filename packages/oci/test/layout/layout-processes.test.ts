import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { layoutArchive, layoutDirectory } from '../../src/index.ts'
import { list, madeImage, madeSignature, pushImage } from '../artifacts.ts'
import { temporaryFolder } from '../temporary.ts'

const run = promisify(execFile)
const PROGRAM = join(import.meta.dirname, 'push-until-killed.ts')

test.each([
  ['directory', 'layout'],
  ['archive', 'a.tar'],
])('signatures that processes push into one %s at once are all kept', async (_, name) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, name)
  const open = () =>
    name === 'layout' ? layoutDirectory(path, { create: true }) : layoutArchive(path, { create: true })
  const image = await pushImage(open(), madeImage(), 'v1')
  const signatures = Array.from({ length: 8 }, () => madeSignature(image))
  const halves = [signatures.slice(0, 4), signatures.slice(4)]
  await Promise.all(
    halves.map(half => {
      const items = half
        .flatMap(signature => [...signature.blobs, signature.image])
        .map(({ descriptor, bytes }) => ({ descriptor, bytes: Buffer.from(bytes).toString('base64') }))
      const env = { ...process.env, PUSH: JSON.stringify({ folder: folder.path, path, items }) }
      return run(process.execPath, ['--conditions=@sealwright/source', PROGRAM], { env })
    }),
  )
  const found = await list(open().referrers(image))
  expect(found.map(({ digest }) => digest).sort()).toEqual(
    signatures.map(signature => signature.image.descriptor.digest).sort(),
  )
  expect(await open().resolve('v1')).toEqual(image)
})
