import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { isDigest, isTag, parseReference, shownReference } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'
import { schemeOf } from '../keys/reference.ts'
import { storePackages } from '../keys/store-packages.ts'

/** What of an artifact is meant: a tag, a digest, both (they must agree), or nothing said. */
interface Selector {
  readonly tag?: string
  readonly digest?: string
}

interface RegistryTarget extends Selector {
  readonly text: string
  readonly kind: 'registry'
  /** `host[:port]` */
  readonly host: string
  /** With the host. */
  readonly repository: string
  /** The repository as it was written, where the host has another spelling: `index.docker.io/acme/app`. */
  readonly written?: string
}

export interface LayoutTarget extends Selector {
  readonly text: string
  readonly kind: 'layout' | 'archive'
  /** `-` is stdin, of an archive. */
  readonly path: string
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

/** What `org.opencontainers.image.ref.name` may hold: podman and buildah write whole names, as `localhost/app:1.0`. */
const REF_NAME = /^[A-Za-z0-9][A-Za-z0-9._:@+/-]{0,511}$/

/**
 * `PATH[:tag][@digest]`; a colon before the last separator belongs to the path, unless what stands before an earlier one is
 * there and the whole is not: a tag of a layout may have separators and colons.
 *
 * @param cwd - Where relative paths begin; without it nothing is looked for.
 */
export function parseLayout(
  text: string,
  kind: 'layout' | 'archive',
  rest: string,
  cwd?: string,
): LayoutTarget {
  const at = rest.lastIndexOf('@')
  const digest = at > 0 && rest.slice(at).includes(':') ? rest.slice(at + 1) : undefined
  if (digest !== undefined && !isDigest(digest)) {
    throw usageError(`"${text}" has no digest after the @`, {
      why: 'a digest is sha256:, sha384: or sha512: and the whole hash in lower-case hexadecimal',
      fix: 'copy the digest whole',
    })
  }
  const named = digest === undefined ? rest : rest.slice(0, at)
  const { path, tag } = splitTag(named, cwd)
  if (tag !== undefined && !isTag(tag) && !REF_NAME.test(tag)) {
    throw usageError(`"${text}" has no tag after the colon`, {
      why: 'a tag has 1 to 128 letters, digits, dots, dashes and underscores, and begins with none of . and -',
      fix: 'correct the tag, or leave it out where there is one artifact',
    })
  }
  if (path === '')
    throw usageError(`"${text}" names no path`, {
      fix: `write ${kind === 'layout' ? 'oci' : 'oci-archive'}:PATH`,
    })
  return {
    text,
    kind,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

function splitTag(named: string, cwd: string | undefined): { readonly path: string; readonly tag?: string } {
  const split = (colon: number) => ({ path: named.slice(0, colon), tag: named.slice(colon + 1) })
  const isThere = (path: string) => path === '-' || existsSync(resolve(cwd ?? '', path))
  const last = named.lastIndexOf(':')
  const usual =
    last > Math.max(named.lastIndexOf('/'), named.lastIndexOf('\\')) ? split(last) : { path: named }
  if (cwd === undefined || isThere(usual.path)) return usual
  // A drive letter is no path.
  for (let colon = named.indexOf(':', 2); colon >= 0; colon = named.indexOf(':', colon + 1)) {
    if (isThere(named.slice(0, colon))) return split(colon)
  }
  return usual
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
  throw usageError(`a key of ${scheme}: is not what is signed`, {
    why: 'the target is an artifact or a file; a key is an option',
    fix: 'name what is signed, such as registry.example/app@sha256:… or ./FILE; the key goes with -k KEY',
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
