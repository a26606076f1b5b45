import type { Style } from '../runtime/text.ts'
import { fitted, printable } from '../runtime/text.ts'
import type { VerifiedTarget } from './document.ts'

export type RequirementNode = NonNullable<VerifiedTarget['requirement']>

/** What people call a state: what is unmet is missing. */
export const STATE_NAMES = { met: 'met', unmet: 'missing', unknown: 'unknown' } as const

const COLORS = { met: 'green', unmet: 'red', unknown: 'yellow' } as const

/** Digests in a tree are short: the signatures below it have them whole. */
const SHORT = { columns: Number.POSITIVE_INFINITY }

/** The requirement of a policy as a tree, two columns more to the right at each level. */
export function requirementLines(node: RequirementNode, style: Style): string[] {
  return nodeLines(node, style).map(
    (line, index) => `  ${index === 0 ? 'requires   ' : ' '.repeat(11)}${line}`,
  )
}

/** @param within - Its group: what is missing of one that is met is nothing to worry about. */
function nodeLines(node: RequirementNode, style: Style, within?: RequirementNode): string[] {
  const color = within?.state === 'met' && node.state !== 'met' ? 'dim' : COLORS[node.state]
  const state = style(color, STATE_NAMES[node.state])
  const gap = ' '.repeat('missing'.length + 2 - STATE_NAMES[node.state].length)
  const head = `${state}${gap}${printable(nodeText(node))}`
  if ('of' in node)
    return [head, ...node.of.flatMap(child => nodeLines(child, style, node)).map(line => `  ${line}`)]
  const found = node.why ?? node.signature
  return [found === undefined ? head : `${head}  ${fitted(printable(found), SHORT)}`]
}

/** What a node asks for: `2 of 3`, `alice`, `attestation https://slsa.dev/provenance/v1 by builder`. */
export function nodeText(node: RequirementNode): string {
  if ('of' in node) return `${node.kind === 'atLeast' ? node.count : node.kind} of ${node.of.length}`
  if (node.kind === 'signer') return node.signer ?? 'signer'
  return `attestation ${node.predicateType ?? ''} by ${node.by?.join(', ') ?? ''}`
}
