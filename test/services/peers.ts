import { goTool } from './go-tool.ts'
import type { Tool } from './tool.ts'

/** The Notary Project's own program, v1.3.2: what we are compared with. */
export function notationProgram(): Promise<Tool> {
  return goTool('notation', 'github.com/notaryproject/notation/cmd/notation')
}

/** oras v1.3.6: a client of registries that lists and copies referrers. */
export function orasProgram(): Promise<Tool> {
  return goTool('oras', 'oras.land/oras/cmd/oras')
}

/** olareg v0.1.2: a registry with the whole referrers API. */
export function olaregProgram(): Promise<Tool> {
  return goTool('olareg', 'github.com/olareg/olareg/cmd/olareg')
}

/** distribution v3.1.2, the registry most others are made of: no referrers API. */
export function distributionProgram(): Promise<Tool> {
  return goTool('distribution', 'github.com/distribution/distribution/v3/cmd/registry')
}

/** go-containerregistry's registry, v0.22.1, with referrers: neither `OCI-Subject` nor filters. */
export function ggcrProgram(): Promise<Tool> {
  return goTool('ggcr', '.')
}
