import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type ArtifactStore, layoutDirectory, memory, soleTarget } from '../src/index.ts'
import { INDEX, madeImage, madeJson, madeSignature, pushImage } from './artifacts.ts'
import { failure } from './expect-error.ts'
import { temporaryFolder } from './temporary.ts'

test('the one image is the target, whatever refers to it', async () => {
  const store = memory()
  const image = await pushImage(store, madeImage(), 'v1')
  expect(await soleTarget(store)).toEqual(image)
  await store.tag(image, 'v2')
  const signature = madeSignature(image)
  await pushImage(store, signature)
  await pushImage(store, madeSignature(signature.image.descriptor))
  await pushImage(store, madeImage(), `sha256-${image.digest.slice(7)}.sig`)
  expect(await soleTarget(store)).toEqual(image)
})

test('the index is the target, and not its platforms', async () => {
  const store = memory()
  const platforms = [await pushImage(store, madeImage()), await pushImage(store, madeImage())]
  const index = madeJson(INDEX, { manifests: platforms })
  await store.push(index.descriptor, index.bytes)
  expect(await soleTarget(store)).toEqual(index.descriptor)
})

test('several are refused, and all are named', async () => {
  const store = memory()
  const one = await pushImage(store, madeImage(), 'v1')
  const two = await pushImage(store, madeImage())
  const error = await failure('VALIDATION', () => soleTarget(store))
  expect(error.why).toBe(`v1 (${one.digest}), ${two.digest}`)
  expect(error.fix).toContain('memory:v1')
})

test('none is NOT_FOUND, and a store that lists nothing, as a registry, is never about one', async () => {
  await failure('NOT_FOUND', () => soleTarget(memory()))
  const unlisted: ArtifactStore = Object.create(memory(), {
    name: { value: 'registry.example/app' },
    entries: { value: undefined },
  })
  const error = await failure('VALIDATION', () => soleTarget(unlisted))
  expect(error.fix).toContain('registry.example/app:v1')
})

test('a target that is listed and not there is still the target', async () => {
  await using folder = await temporaryFolder()
  const store = layoutDirectory(folder.path, { create: true })
  const image = await pushImage(store, madeImage(), 'v1')
  await pushImage(store, madeSignature(image))
  await rm(join(folder.path, 'blobs', 'sha256', image.digest.slice(7)))
  expect(await soleTarget(store)).toEqual(image)
})
