import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { parseReference, shownReference } from '@sealwright/oci'
import { type LayoutTarget, parseLayout, type Selector } from '../config/layout-reference.ts'
import { storePackages } from '../config/store-packages.ts'
import { schemeOf } from '../keys/reference.ts'
import { usageError } from '../runtime/usage.ts'

export interface RegistryTarget extends Selector {
  readonly text: string
  readonly kind: 'registry'
  /** `host[:port]` */
  readonly host: string
  /** With the host. */
  readonly repository: string
  /** The repository as it was written, where the host has another spelling: `index.docker.io/acme/app`. */
  readonly written?: string | undefined
}

/** An artifact, as its reference says it; nothing is opened yet. */
export type ArtifactTarget = RegistryTarget | LayoutTarget

export interface FileTarget {
  readonly text: string
  readonly kind: 'file'
  /** `-` is stdin. */
  readonly path: string
}

export type Target = ArtifactTarget | FileTarget

const FILE = /^(?:\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/

/**
 * Reads the reference of a target. Where it lives is written in it and never guessed.
 *
 * @param command - The command it was given to, for the fix.
 * @throws {@link SealwrightError} `VALIDATION`, with the spelling that was probably meant.
 */
export function parseTarget(text: string, cwd: string, command: string): Target {
  if (text === '-') return { text, kind: 'file', path: '-' }
  if (text.startsWith('file:')) return { text, kind: 'file', path: pathAfter(text, 'file:') }
  if (FILE.test(text)) return { text, kind: 'file', path: text }
  if (text.startsWith('oci:')) return parseLayout(text, 'layout', pathAfter(text, 'oci:'), cwd)
  if (text.startsWith('oci-archive:'))
    return parseLayout(text, 'archive', pathAfter(text, 'oci-archive:'), cwd)
  return registryTarget(text, cwd, command)
}

function pathAfter(text: string, prefix: string): string {
  const path = text.slice(prefix.length)
  if (path !== '') return path
  throw usageError(`"${text}" names no path`, { fix: `write ${prefix}PATH` })
}

function registryTarget(text: string, cwd: string, command: string): Target {
  const { registry, repository, ...selector } = readReference(text, cwd, command)
  if (selector.tag === undefined && selector.digest === undefined) {
    throw usageError(`"${text}" names neither a tag nor a digest`, {
      why: 'a repository holds many artifacts',
      fix: `sealwright ${command} ${shellQuote(text)}@sha256:…`,
    })
  }
  const host = text.slice(0, text.indexOf('/'))
  return {
    text,
    kind: 'registry',
    host: registry,
    repository: `${registry}/${repository}`,
    ...(host === registry ? {} : { written: `${host}/${repository}` }),
    ...selector,
  }
}

function readReference(text: string, cwd: string, command: string): ReturnType<typeof parseReference> {
  try {
    return parseReference(text)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    refuseKey(text)
    const named = text.split(/[:@]/, 1)[0] as string
    const isFile = named !== '' && existsSync(resolve(cwd, text))
    const isLayout = named !== '' && existsSync(resolve(cwd, named, 'oci-layout'))
    const here = isLayout
      ? '; an image layout of this name exists here'
      : isFile
        ? '; a file of this name exists here'
        : ''
    const bare = bareReference(text)
    const spelling = isLayout
      ? `oci:${text}`
      : isFile
        ? `./${text}`
        : (bare ?? 'registry.example/app@sha256:…')
    throw usageError(`"${shownReference(text)}" is not a registry reference`, {
      why: `${error.why ?? 'it has no host and repository (registry.example/app@sha256:…)'}${here}`,
      fix: `sealwright ${command} ${shellQuote(spelling)}`,
    })
  }
}

/** Refuses a key where an artifact is meant, without repeating it: a reference may hold a PIN. */
function refuseKey(text: string): void {
  const scheme = schemeOf(text)
  if (!storePackages.some(({ schemes }) => schemes.includes(scheme))) return
  throw usageError(`a key of ${scheme}: cannot be a target`, {
    why: 'the target is an artifact or a file; a key is an option',
    fix: 'name the artifact or file, such as registry.example/app@sha256:… or ./FILE; the key goes with -k KEY',
  })
}

/** The reference in what was pasted with a scheme or a user name, if it is one then. */
function bareReference(text: string): string | undefined {
  const shown = shownReference(text.replace(/^(?:https?|docker):\/\//i, ''))
  const bare = shown.startsWith('…@') ? shown.slice(2) : shown
  try {
    parseReference(bare)
    return bare
  } catch {
    return undefined
  }
}

/**
 * Reads a repository that is named alone, without tag and digest.
 *
 * @param command - The command it was given to, for the fix.
 * @returns Nothing for what is spelled as something else.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseRepository(text: string, cwd: string, command: string): ArtifactTarget | undefined {
  const scheme = /^(?:-$|oci:|oci-archive:|file:|\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/.test(text)
  if (scheme || dirname(text) === '.' || /[:@]/.test(basename(text))) return undefined
  // Any tag will do to have the rest of it read.
  const target = parseTarget(`${text}:latest`, cwd, command) as ArtifactTarget
  const { tag: _, ...rest } = target
  return { ...rest, text } as ArtifactTarget
}

/**
 * Reads a reference as Docker does: without tag and digest the tag is `latest`. The host is required all the same.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function dockerTarget(text: string): RegistryTarget {
  const { registry, repository, tag, digest } = parseReference(text)
  return {
    text,
    kind: 'registry',
    host: registry,
    repository: `${registry}/${repository}`,
    tag: tag ?? (digest === undefined ? 'latest' : undefined),
    digest,
  }
}

/** A target with the digest of its `resolved` by itself, which is what scripts pin. */
export function withDigest<T extends { readonly resolved?: string | null | undefined }>(
  target: T,
): T & { readonly digest: string | null } {
  const { resolved } = target
  return { ...target, digest: resolved ? resolved.slice(resolved.lastIndexOf('@') + 1) : null }
}
