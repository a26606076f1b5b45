import type { ListedNode } from '../documents/listing.ts'
import { cut, type Fit, fitted, printable } from '../frame/table.ts'
import type { Tree } from './referrer-tree.ts'

const CREATED = 'org.opencontainers.image.created'
const KIND_WIDTH = 'attestation'.length
const LEAST_TYPE_WIDTH = 8

/**
 * A tree as text, one line a manifest: digest, kind, type, when it was made, and what it is in particular (predicate type,
 * tag, platform); behind these who says to have signed it. What is not known is `-`, so that each line has the same columns
 * behind its branch.
 */
export function treeLines({ referrers, manifests }: Tree, fit?: Fit, indent = ''): string[] {
  const nodes = [...manifests, ...referrers]
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1
    return [
      treeLine(`${indent}${last ? '└──' : '├──'} `, node, fit),
      ...treeLines(node, fit, `${indent}${last ? '    ' : '│   '}`),
    ]
  })
}

/** Where a line has to fit, its type gives way first: who signed is worth more than a media type. */
function treeLine(branch: string, node: ListedNode, fit: Fit | undefined): string {
  const whole = `${branch}${columns(node)}`
  if (fit === undefined) return whole
  const over = fitted(whole, { columns: Number.POSITIVE_INFINITY }).length - fit.columns
  const typeWidth = Math.max(LEAST_TYPE_WIDTH, word(node.artifactType ?? node.mediaType).length - over)
  return fitted(over > 0 ? `${branch}${columns(node, typeWidth)}` : whole, fit)
}

function columns(node: ListedNode, typeWidth = Number.POSITIVE_INFINITY): string {
  const { digest, mediaType, artifactType, annotations, predicateType, tag, platform, fault, again } = node
  const { signer, signingTime } = node
  const kind = platform === null ? node.kind : 'image'
  const facts = [
    digest,
    kind.padEnd(KIND_WIDTH),
    cut(word(artifactType ?? mediaType), typeWidth),
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
