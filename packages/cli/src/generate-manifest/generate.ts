import { resolve } from 'node:path'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import {
  type ArtifactStore,
  type Descriptor,
  layoutArchive,
  MAX_MANIFEST_BYTES,
  parseManifest,
  readBlob,
  soleTarget,
  spool,
  TarFile,
} from '@sealwright/oci'
import { EXIT } from '../runtime/exit.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { usageError } from '../runtime/usage.ts'
import { type Session, withEnv } from '../session/session.ts'
import { openTarget } from '../targets/open-target.ts'
import { type ArtifactTarget, dockerTarget, parseTarget } from '../targets/target.ts'
import { saved } from './docker-save.ts'
import { configOf, type GenerateFlags } from './program.ts'

/** `docker generatemanifest [-o FILE] [--platform P] NAME` */
export async function printManifest(
  session: Session,
  name: string | undefined,
  { output, platform }: GenerateFlags,
  docker: readonly string[],
): Promise<Outcome> {
  if (name === undefined && session.io.stdin.isTerminal) {
    throw usageError('no image is named', {
      why: 'stdin, where an archive would come from, is a terminal',
      fix: 'docker generatemanifest NAME, or docker save NAME | docker generatemanifest',
    })
  }
  const source = parseSource(name ?? '-', session.io.cwd)
  const request = { signal: session.io.signal, platform }
  const manifest = await read(withConfig(session, docker), source, request, docker)
  if (output === undefined) return { exitCode: EXIT.done, document: {}, lines: [], raw: manifest }
  await writeFileAtomic(resolve(session.io.cwd, output), manifest, { mode: 0o644 })
  return { exitCode: EXIT.done, document: {}, lines: [] }
}

async function read(
  session: Session,
  source: Source,
  request: ManifestRequest,
  docker: readonly string[],
): Promise<Uint8Array> {
  const { io, dialogue } = session
  if (source.kind === 'artifact') {
    const signal = await session.deadline()
    await using target = await openTarget(session, source.target, {})
    return await exactManifest(target.store, await target.resolve(signal), { ...request, signal })
  }
  if (source.kind === 'docker-daemon') {
    await using archive = await dialogue.waiting(`docker save ${source.name}`, () =>
      spool(saved(docker, source.name, io), { signal: io.signal }),
    )
    return await manifestOfArchive(archive.path, `the archive of ${source.name}`, request)
  }
  if (source.path === '-') {
    await using archive = await spool(io.stdin.read(), { signal: io.signal })
    return await manifestOfArchive(archive.path, 'the archive on stdin', request)
  }
  return manifestOfArchive(resolve(io.cwd, source.path), source.path, request)
}

/** `docker --config DIR` says where Docker's logins are. */
function withConfig(session: Session, docker: readonly string[]): Session {
  const config = configOf(docker)
  if (config === undefined) return session
  return withEnv(session, { DOCKER_CONFIG: resolve(session.io.cwd, config) })
}

/** Where an image is. */
type Source =
  | { readonly kind: 'artifact'; readonly target: ArtifactTarget }
  /** A tar, as `docker save` or another program writes it; `-` is stdin. */
  | { readonly kind: 'archive'; readonly path: string }
  | { readonly kind: 'docker-daemon'; readonly name: string }

/** Reads the name of an image: where it lives is written in it, and a plain reference is in a registry. */
function parseSource(text: string, cwd: string): Source {
  if (text.startsWith('docker-archive:')) {
    return { kind: 'archive', path: after(text, 'docker-archive:') }
  }
  if (text.startsWith('docker-daemon:')) {
    const name = after(text, 'docker-daemon:')
    if (!name.startsWith('-')) return { kind: 'docker-daemon', name }
    throw usageError(`"${text}" names no image`, { fix: 'write docker-daemon:NAME' })
  }
  if (text === '-' || /^(?:file:|oci:|oci-archive:|\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/.test(text)) {
    const target = parseTarget(text, cwd, 'list')
    return target.kind === 'file' ? { kind: 'archive', path: target.path } : { kind: 'artifact', target }
  }
  try {
    return { kind: 'artifact', target: dockerTarget(text) }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`"${text}" names no image in a registry`, {
      why: error.why,
      fix: `docker-daemon:${text} for an image of this machine; oci:, oci-archive: and docker-archive: for files`,
    })
  }
}

function after(text: string, prefix: string): string {
  const rest = text.slice(prefix.length)
  if (rest === '') throw usageError(`"${text}" names nothing`, { fix: `write ${prefix}NAME` })
  return rest
}

/**
 * Reads the manifest of the image in an archive that holds an image layout. `docker save` writes one, too: with the
 * containerd image store its manifest is the one that a registry has; the classic store keeps no manifest.
 *
 * @param name - What messages call the archive.
 * @throws {@link SealwrightError} `NOT_FOUND`, `UNSUPPORTED` for an archive of the classic store, `VALIDATION`.
 */
async function manifestOfArchive(path: string, name: string, request: ManifestRequest): Promise<Uint8Array> {
  const tar = await TarFile.open(path, { links: true })
  if (tar === undefined) {
    throw new SealwrightError('NOT_FOUND', `${name} does not exist`, {
      fix: `docker save --output ${name} IMAGE`,
    })
  }
  if (!tar.entries.has('oci-layout')) {
    if (tar.entries.has('manifest.json')) throw unknowable(name)
    throw usageError(`${name} is not an image archive`, {
      why: 'it has neither oci-layout nor manifest.json',
      fix: 'docker save IMAGE > app.tar, or skopeo copy docker://IMAGE oci-archive:app.tar',
    })
  }
  const store = layoutArchive(path)
  const bytes = await exactManifest(store, await soleTarget(store, { signal: request.signal }), request)
  if (hasUncompressedLayers(bytes) && tar.entries.has('manifest.json')) throw unknowable(name)
  return bytes
}

/** Docker 25 and later write layouts from the classic store, too. Their layers are not compressed, and no push sends such. */
function hasUncompressedLayers(bytes: Uint8Array): boolean {
  const manifest = parseManifest(bytes)
  return manifest.kind === 'image' && manifest.layers.some(({ mediaType }) => mediaType.endsWith('.tar'))
}

function unknowable(name: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${name} does not hold the manifest that a registry will have`, {
    why: "Docker's classic image store keeps layers uncompressed, and docker push makes the manifest when it compresses them",
    fix: 'push the image and name it in the registry, or build it with: docker buildx build --output type=oci,dest=app.tar .',
  })
}

interface ManifestRequest {
  readonly signal: AbortSignal
  /** `os/architecture[/variant]`: of an index, the manifest for it. */
  readonly platform?: string | undefined
}

/** The bytes of a manifest, as they are stored and as their digest names them. */
async function exactManifest(
  store: ArtifactStore,
  descriptor: Descriptor,
  { signal, platform }: ManifestRequest,
): Promise<Uint8Array> {
  const bytes = await readBlob(store, descriptor, MAX_MANIFEST_BYTES, { signal })
  if (platform === undefined) return bytes
  const manifest = parseManifest(bytes, descriptor.mediaType)
  if (manifest.kind !== 'index') {
    throw usageError('--platform has no effect here', {
      why: `${descriptor.digest} is one image, and no index of several`,
      fix: 'leave it out',
    })
  }
  const found = manifest.manifests.filter(child => nameOf(child) === platform)
  const [child] = found
  if (child === undefined || found.length > 1) {
    throw usageError(`the index has ${found.length} images for ${platform}`, {
      why: `it has ${manifest.manifests.map(nameOf).join(', ') || 'none'}`,
      fix: 'name one of them, as os/architecture[/variant]',
    })
  }
  return exactManifest(store, child, { signal })
}

function nameOf({ platform, digest }: Descriptor): string {
  if (platform === undefined) return digest
  const { os, architecture, variant } = platform
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}
