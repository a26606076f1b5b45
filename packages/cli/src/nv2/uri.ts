import { fileURLToPath } from 'node:url'
import { isSealwrightError } from '@sealwright/core'
import { shownReference } from '@sealwright/oci'
import { usageError } from '../runtime/usage.ts'
import { dockerTarget, type RegistryTarget } from '../targets/target.ts'

/** Where a manifest is, as the prototype wrote it. */
export type ManifestUri =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  /** `dialect`: which kind of manifest is meant, Docker's or OCI's. */
  | { readonly kind: 'registry'; readonly dialect: 'docker' | 'oci'; readonly target: RegistryTarget }

/** A manifest in a registry. */
export type RemoteUri = Extract<ManifestUri, { kind: 'registry' }>

/**
 * Reads `file:PATH`, `docker://REFERENCE` or `oci://REFERENCE`; nothing is stdin. Without tag and digest the tag is
 * `latest`, as it was for the prototype.
 */
export function parseManifestUri(text: string | undefined): ManifestUri {
  if (text === undefined) return { kind: 'stdin' }
  const scheme = /^([A-Za-z]+):/.exec(text)?.[1]?.toLowerCase()
  if (scheme === 'file') return { kind: 'file', path: pathOf(text) }
  if ((scheme === 'docker' || scheme === 'oci') && /^[A-Za-z]+:\/\//.test(text)) {
    return { kind: 'registry', dialect: scheme, target: remoteTarget(text, scheme) }
  }
  throw usageError(`"${shownReference(text)}" is not a URI of a manifest`, {
    why: 'it begins with none of file:, docker:// and oci://',
    fix: scheme === undefined ? `file:${text}, or oci://${text}` : 'write file:PATH or oci://REFERENCE',
  })
}

/** As {@link parseManifestUri}, for commands that need a registry. */
export function parseRemoteUri(text: string): RemoteUri {
  const uri = parseManifestUri(text)
  if (uri.kind === 'registry') return uri
  throw usageError(`"${shownReference(text)}" is not in a registry`, {
    why: 'signatures are pushed to registries and pulled from them',
    fix: 'write docker://REFERENCE or oci://REFERENCE',
  })
}

function pathOf(text: string): string {
  const rest = text.slice('file:'.length)
  if (rest === '') throw usageError(`"${text}" names no path`, { fix: 'write file:PATH' })
  if (!rest.startsWith('//')) return rest
  try {
    return fileURLToPath(text)
  } catch {
    throw usageError(`"${text}" is not a URL of a local file`, { fix: 'write file:PATH or file:///PATH' })
  }
}

function remoteTarget(text: string, scheme: string): RegistryTarget {
  try {
    return dockerTarget(text.slice(scheme.length + '://'.length))
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`"${shownReference(text)}" names no artifact in a registry`, {
      why: error.why,
      fix: `${scheme}://registry.example/app:v1`,
    })
  }
}
