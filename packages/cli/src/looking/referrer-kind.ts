import type { ReferrerDocument } from '../documents/judging.ts'

type Kind = ReferrerDocument['kind']

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^application\/vnd\.cncf\.notary\.signature$/, 'signature'],
  [/^application\/vnd\.dev\.cosign\.artifact\.sig/, 'signature'],
  [/^application\/vnd\.dev\.cosign\.simplesigning/, 'signature'],
  [/^application\/vnd\.(?:in-toto|dsse)|^application\/vnd\.dev\.sigstore\.bundle|intoto/, 'attestation'],
  [/spdx|cyclonedx|sbom|^application\/vnd\.syft/, 'sbom'],
]

/** What kind of thing refers to an artifact, by its artifact type. */
export function referrerKind(artifactType: string | undefined): Kind {
  return KINDS.find(([form]) => form.test(artifactType ?? ''))?.[1] ?? 'other'
}

/** Whether a referrer is of the type that was asked for: a kind, or a media type. */
export function isOfType(referrer: Pick<ReferrerDocument, 'kind' | 'artifactType'>, type: string): boolean {
  return referrer.kind === type || referrer.artifactType === type
}
