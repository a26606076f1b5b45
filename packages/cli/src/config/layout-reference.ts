import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDigest, isTag } from '@sealwright/oci'
import { usageError } from '../runtime/usage.ts'

/** What of an artifact is meant: a tag, a digest, both (they must agree), or nothing said. */
export interface Selector {
  readonly tag?: string | undefined
  readonly digest?: string | undefined
}

export interface LayoutTarget extends Selector {
  readonly text: string
  readonly kind: 'layout' | 'archive'
  /** `-` is stdin, of an archive. */
  readonly path: string
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
    tag,
    digest,
  }
}

function splitTag(
  named: string,
  cwd: string | undefined,
): { readonly path: string; readonly tag?: string | undefined } {
  const split = (colon: number) => ({ path: named.slice(0, colon), tag: named.slice(colon + 1) })
  const isThere = (path: string) => path === '-' || existsSync(resolve(cwd ?? '', path))
  const last = named.lastIndexOf(':')
  const usual =
    last > Math.max(named.lastIndexOf('/'), named.lastIndexOf('\\')) ? split(last) : { path: named }
  if (cwd === undefined || isThere(usual.path)) return usual
  // A drive letter is not a path.
  for (let colon = named.indexOf(':', 2); colon >= 0; colon = named.indexOf(':', colon + 1)) {
    if (isThere(named.slice(0, colon))) return split(colon)
  }
  return usual
}
