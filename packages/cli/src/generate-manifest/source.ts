import { isSealwrightError } from '@sealwright/core'
import { usageError } from '../frame/usage.ts'
import { type ArtifactTarget, parseTarget } from '../targets/target.ts'
import { dockerTarget } from '../tool/registry-target.ts'

/** Where an image is. */
export type Source =
  | { readonly kind: 'artifact'; readonly target: ArtifactTarget }
  /** A tar, as `docker save` or another program writes it; `-` is stdin. */
  | { readonly kind: 'archive'; readonly path: string }
  | { readonly kind: 'docker-daemon'; readonly name: string }

/** Reads the name of an image: where it lives is written in it, and a plain reference is in a registry. */
export function parseSource(text: string, cwd: string): Source {
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
      ...(error.why === undefined ? {} : { why: error.why }),
      fix: `docker-daemon:${text} for an image of this machine; oci:, oci-archive: and docker-archive: for files`,
    })
  }
}

function after(text: string, prefix: string): string {
  const rest = text.slice(prefix.length)
  if (rest === '') throw usageError(`"${text}" names nothing`, { fix: `write ${prefix}NAME` })
  return rest
}
