import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import type { TarEntry, TarFile } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'

const MANIFEST_FILE = 'manifest.json'
const MAX_JSON_BYTES = 8 * 1024 * 1024

/** An image as `docker save` writes it (moby, `image/spec/v1.2.md`). */
export interface DockerImage {
  readonly config: { readonly entry: TarEntry; readonly bytes: Uint8Array }
  /** From the base up. */
  readonly layers: readonly DockerLayer[]
}

export interface DockerLayer {
  readonly entry: TarEntry
  /** Digest of the tar inside, as the configuration says. */
  readonly diffId: string
}

/** Whether an archive is one of `docker save`. */
export function isDockerArchive(tar: TarFile): boolean {
  return tar.find(MANIFEST_FILE) !== undefined
}

/**
 * Reads the one image of a `docker save` archive.
 *
 * @throws {@link SealwrightError} `VALIDATION` for several images, and for an archive that does not hold what it says.
 */
export async function readDockerImage(tar: TarFile, name: string): Promise<DockerImage> {
  const images = asList(await readJson(tar, MANIFEST_FILE, name))
  const [image] = images ?? []
  if (images?.length !== 1 || !isJsonObject(image)) {
    throw usageError(`${name} holds ${images?.length ?? 'no list of'} images`, {
      why: 'a manifest is of one',
      fix: 'docker save ONE > app.tar',
    })
  }
  const { Config: configName, Layers: layers } = image
  const config = fileOf(tar, configName, name)
  const bytes = await readWhole(tar, config, name)
  const diffIds = diffIdsOf(bytes, name)
  const files = asList(layers)?.map(layer => fileOf(tar, layer, name))
  if (files === undefined || files.length !== diffIds.length)
    throw damaged(name, 'its layers are not those of its configuration')
  return {
    config: { entry: config, bytes },
    layers: files.map((entry, index) => ({ entry, diffId: diffIds[index] as string })),
  }
}

function diffIdsOf(bytes: Uint8Array, name: string): readonly string[] {
  const config = decodeJson(bytes, { label: `${name}: the configuration`, maxBytes: MAX_JSON_BYTES })
  const rootfs = isJsonObject(config) ? config.rootfs : undefined
  const ids = isJsonObject(rootfs) ? asList(rootfs.diff_ids) : undefined
  if (ids === undefined) throw damaged(name, 'its configuration names no layers')
  return ids.map(id => {
    if (typeof id !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(id))
      throw damaged(name, 'its configuration names a layer by no digest')
    return id
  })
}

function fileOf(tar: TarFile, path: JsonValue | undefined, name: string): TarEntry {
  const entry = typeof path === 'string' ? tar.find(path) : undefined
  if (entry === undefined) throw damaged(name, 'a file that it speaks of is missing')
  return entry
}

async function readJson(tar: TarFile, path: string, name: string): Promise<JsonValue> {
  const bytes = await readWhole(tar, fileOf(tar, path, name), name)
  return decodeJson(bytes, { label: `${name}: ${path}`, maxBytes: MAX_JSON_BYTES })
}

async function readWhole(tar: TarFile, entry: TarEntry, name: string): Promise<Uint8Array> {
  if (entry.size > MAX_JSON_BYTES) throw damaged(name, `${entry.name} has ${entry.size} bytes`)
  const chunks: Uint8Array[] = []
  for await (const chunk of tar.read(entry)) chunks.push(Uint8Array.from(chunk))
  return Buffer.concat(chunks)
}

function damaged(name: string, why: string): Error {
  return usageError(`${name} is no archive of docker save`, { why, fix: 'write it again: docker save NAME' })
}

function asList(value: JsonValue | undefined): readonly JsonValue[] | undefined {
  return Array.isArray(value) ? value : undefined
}
