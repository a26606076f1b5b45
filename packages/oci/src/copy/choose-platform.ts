import { SealwrightError } from '@sealwright/core'
import { decodeJson } from '@sealwright/core/encoding'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor, Platform } from '../descriptor.ts'
import { readObject } from '../descriptor-json.ts'
import type { ImageManifest } from '../manifest.ts'
import { readBlob, readManifest } from '../read.ts'
import { childrenOf } from './graph-node.ts'

const MAX_CONFIG_BYTES = 4 * 1024 * 1024
const MAX_NESTING = 8

/**
 * The image of one platform: the artifact itself, or the one manifest of an index.
 *
 * @param platform - `os/architecture`, `os/architecture/variant`; with `:version` behind the system for Windows.
 * @throws {@link SealwrightError} `VALIDATION` when that is not a platform, or several images are for it; `NOT_FOUND` naming
 *   the platforms that there are.
 */
export async function choosePlatform(
  store: ArtifactStore,
  artifact: Descriptor,
  platform: string,
  call: StoreCall = {},
): Promise<Descriptor> {
  const wanted = parsePlatform(platform)
  const images = await imagesOf(store, artifact, call, 0)
  const matching = new Map(
    images
      .filter(image => matches(image.platform, wanted))
      .map(({ descriptor }) => [descriptor.digest, descriptor]),
  )
  const [found, ...others] = matching.values()
  if (found === undefined) {
    const there = [...new Set(images.map(image => formatPlatform(image.platform)))]
    throw new SealwrightError(
      'NOT_FOUND',
      `${store.name} has no image of ${artifact.digest} for ${platform}`,
      {
        why: there.length === 0 ? 'it names no platform' : `there are ${there.join(', ')}`,
      },
    )
  }
  if (others.length > 0) {
    const there = images.filter(image => matching.has(image.descriptor.digest))
    throw new SealwrightError('VALIDATION', `${platform} is more than one image of ${artifact.digest}`, {
      why: there.map(image => `${formatPlatform(image.platform)} (${image.descriptor.digest})`).join(', '),
      fix: 'name the variant too, or the digest of the image',
    })
  }
  return found
}

interface Image {
  readonly descriptor: Descriptor
  readonly platform: Platform
}

async function imagesOf(
  store: ArtifactStore,
  descriptor: Descriptor,
  call: StoreCall,
  nesting: number,
): Promise<readonly Image[]> {
  const manifest = await readManifest(store, descriptor, call)
  if (manifest.kind === 'image') {
    const platform = await configPlatform(store, manifest, call)
    return platform === undefined ? [] : [{ descriptor, platform }]
  }
  const images: Image[] = []
  for (const child of childrenOf(manifest)) {
    const plain = { mediaType: child.mediaType, digest: child.digest, size: child.size }
    if (child.platform !== undefined) images.push({ descriptor: plain, platform: child.platform })
    else if (nesting < MAX_NESTING) images.push(...(await imagesOf(store, plain, call, nesting + 1)))
  }
  return images
}

/** An image says in its config what it is for (image-spec `config.md`). */
async function configPlatform(
  store: ArtifactStore,
  { config }: ImageManifest,
  call: StoreCall,
): Promise<Platform | undefined> {
  if (
    !/^application\/vnd\.(?:oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(config.mediaType)
  ) {
    return undefined
  }
  const label = 'the config'
  const {
    architecture,
    os,
    variant,
    'os.version': version,
  } = readObject(
    decodeJson(await readBlob(store, config, MAX_CONFIG_BYTES, call), { label, maxBytes: MAX_CONFIG_BYTES }),
    label,
  )
  if (typeof architecture !== 'string' || typeof os !== 'string') return undefined
  return {
    architecture,
    os,
    ...(typeof variant === 'string' && variant !== '' ? { variant } : {}),
    ...(typeof version === 'string' && version !== '' ? { 'os.version': version } : {}),
  }
}

function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9]+)(?::([\w.]+))?\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text)
  if (match === null) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(text.slice(0, 80))} is not a platform`, {
      why: 'a platform is the system and the architecture, as Go names them',
      fix: 'for example linux/amd64, linux/arm/v7',
    })
  }
  const [, os = '', version, architecture = '', variant] = match
  return {
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { 'os.version': version }),
  }
}

/** What was not named may be anything; arm64 is v8 whether it says so or not. */
function matches(found: Platform, wanted: Platform): boolean {
  const variant = (platform: Platform) =>
    platform.variant ?? (platform.architecture === 'arm64' ? 'v8' : undefined)
  const version = wanted['os.version']
  return (
    found.os === wanted.os &&
    found.architecture === wanted.architecture &&
    (wanted.variant === undefined || variant(found) === wanted.variant) &&
    (version === undefined || `${found['os.version']}.`.startsWith(`${version}.`))
  )
}

/** A platform as people write it, and as {@link choosePlatform} takes it: `linux/arm/v7`. */
export function formatPlatform({ os, architecture, variant, 'os.version': version }: Platform): string {
  return `${os}${version === undefined ? '' : `:${version}`}/${architecture}${variant === undefined ? '' : `/${variant}`}`
}
