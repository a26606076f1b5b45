import { parseReference } from '@sealwright/oci'
import type { ArtifactTarget } from '../targets/target.ts'

export type RegistryTarget = Extract<ArtifactTarget, { kind: 'registry' }>

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
    ...(tag === undefined && digest === undefined ? { tag: 'latest' } : {}),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}
