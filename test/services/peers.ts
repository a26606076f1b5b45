import { debianProgram } from './debian-program.ts'
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

/** crane v0.22.1, go-containerregistry's client: it copies images and knows no referrers. */
export function craneProgram(): Promise<Tool> {
  return goTool('crane', 'github.com/google/go-containerregistry/cmd/crane')
}

/** cosign v3.1.3, Sigstore's program: bundles and the tags that it used before. */
export function cosignProgram(): Promise<Tool> {
  return goTool('cosign', 'github.com/sigstore/cosign/v3/cmd/cosign')
}

/** olareg v0.1.2: a registry with the whole referrers API. */
export function olaregProgram(): Promise<Tool> {
  return goTool('olareg', 'github.com/olareg/olareg/cmd/olareg')
}

/** distribution v3.1.2, the registry most others are made of: no referrers API. */
export function distributionProgram(): Promise<Tool> {
  return goTool('distribution', 'github.com/distribution/distribution/v3/cmd/registry')
}

/** distribution 2.8.2 of Debian 12: what many registries still run. */
export function dockerRegistryProgram(): Promise<Tool> {
  return debianProgram({ name: 'docker-registry', packages: ['docker-registry'] })
}

/** skopeo 1.9.3 of Debian 12: it copies images and knows no referrers. */
export function skopeoProgram(): Promise<Tool> {
  const libraries = ['libgpgme11', 'libassuan0', 'libdevmapper1.02.1']
  return debianProgram({ name: 'skopeo', packages: ['skopeo', ...libraries] })
}

/** go-containerregistry's registry, v0.22.1, with referrers: neither `OCI-Subject` nor filters. */
export function ggcrProgram(): Promise<Tool> {
  return goTool('ggcr', '.')
}

/** Sigstore's time-stamp authority, timestamp-server v2.1.3. */
export function timestampServerProgram(): Promise<Tool> {
  return goTool('timestamp-server', 'github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server')
}
