import type { ListedNode } from '../documents/listing.ts'
import { printable } from '../frame/table.ts'
import type { Tree } from './referrer-tree.ts'

const CREATED = 'org.opencontainers.image.created'
const KIND_WIDTH = 'attestation'.length

/**
 * A tree as text, one line a manifest: digest, kind, type, when it was made, and what it is in particular (predicate type,
 * tag, platform); behind these who says to have signed it. What is not known is `-`, so that each line has the same columns
 * behind its branch.
 */
export function treeLines({ referrers, manifests }: Tree, indent = ''): string[] {
  const nodes = [...manifests, ...referrers]
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1
    return [
      `${indent}${last ? '└──' : '├──'} ${columns(node)}`,
      ...treeLines(node, `${indent}${last ? '    ' : '│   '}`),
    ]
  })
}

function columns(node: ListedNode): string {
  const { digest, mediaType, artifactType, annotations, predicateType, tag, platform, fault, again } = node
  const { signer, signingTime } = node
  const kind = platform === null ? node.kind : 'image'
  const facts = [
    digest,
    kind.padEnd(KIND_WIDTH),
    word(artifactType ?? mediaType),
    word(signingTime ?? annotations[CREATED]),
    word(predicateType ?? tag ?? platform),
    ...(signer === null ? [] : [`by ${signer} (not verified)`]),
    ...(again ? ['(as above)'] : []),
    ...(fault === null ? [] : [`unreadable: ${fault}`]),
  ]
  return printable(facts.join('  '))
}

/** One column: no text of others may make two of it. */
function word(text: string | null | undefined): string {
  return text?.replaceAll(/\s+/g, '') || '-'
}
