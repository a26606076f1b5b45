import { shellQuote } from '@sealwright/core/encoding'
import { EVIDENCE_TYPE } from '@sealwright/notary'
import {
  Annotations,
  filterReferrers,
  formatPlatform,
  type ReferrerNode,
  type ReferrerTree,
  referrersIn,
  referrerTree,
} from '@sealwright/oci'
import type { Outcome } from '../../runtime/outcome.ts'
import { cut, type Fit, fitted, printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { openTarget } from '../../targets/open-target.ts'
import { parseTarget } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import type { ListedNode } from './document.ts'
import { type Signed, signersIn } from './signers.ts'
import type { ListFlags } from './spec.ts'

const TYPES = ['signature', 'attestation', 'sbom', 'evidence']

/** `sealwright list TARGET` */
export async function list(session: Session, [text]: readonly [string], flags: ListFlags): Promise<Outcome> {
  const { type, depth, concurrency } = flags
  const target = parseTarget(text, session.io.cwd, 'list')
  if (target.kind === 'file') {
    throw usageError(`nothing refers to a file: ${text}`, {
      why: 'referrers are of artifacts in registries, layouts and archives',
      fix: `sealwright inspect ${shellQuote(text)}`,
    })
  }
  assertUsable(session, [target], flags)
  if (type !== undefined && !TYPES.includes(type) && !type.includes('/')) {
    throw usageError(`--type: "${type}" is not a type`, {
      why: `types are ${TYPES.join(', ')} and media types`,
      fix: '--type signature',
    })
  }
  const signal = await session.deadline()
  await using open = await openTarget(session, target, flags)
  const { subject, tree } = await session.dialogue.waiting(open.store.name, async () => {
    const found = await open.resolve(signal)
    const whole = await referrerTree(referrersIn(open.store, open.signatures), found, {
      signal,
      depth,
      concurrency,
    })
    const wanted =
      type === undefined ? whole : filterReferrers(whole, type === 'evidence' ? EVIDENCE_TYPE : type)
    const signers = await signersIn(open.signatures, wanted, { signal, concurrency })
    return { subject: found, tree: listedTree(wanted, signers) }
  })
  const resolved = open.nameOf(subject.digest)
  const lines = treeLines(tree, session.fit)
  return {
    exitCode: 0,
    document: { reference: text, resolved, mediaType: subject.mediaType, ...tree },
    lines: [printable(resolved), ...(lines.length > 0 ? lines : ['└── nothing refers to it'])],
    resolved: [resolved],
  }
}

const KIND_WIDTH = 'attestation'.length
const LEAST_TYPE_WIDTH = 8

/**
 * A tree as text, one line a manifest: digest, kind, type, when it was made, and what it is in particular (predicate type,
 * tag, platform); behind these who says to have signed it. What is not known is `-`, so that each line has the same columns
 * behind its branch.
 */
function treeLines(
  { referrers, manifests }: Pick<ListedNode, 'referrers' | 'manifests'>,
  fit?: Fit,
  indent = '',
): string[] {
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
    word(signingTime ?? annotations[Annotations.created]),
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

/** A tree as the document has it. */
function listedTree(
  { referrers, manifests }: ReferrerTree,
  signed: ReadonlyMap<string, Signed>,
): Pick<ListedNode, 'referrers' | 'manifests'> {
  const listed = (nodes: readonly ReferrerNode[]) => nodes.map(each => listedNode(each, signed))
  return { referrers: listed(referrers), manifests: listed(manifests) }
}

function listedNode(found: ReferrerNode, signed: ReadonlyMap<string, Signed>): ListedNode {
  const { descriptor, kind, tag = null, fault, again } = found
  const { mediaType, artifactType = null, size, annotations = {}, platform } = descriptor
  return {
    digest: descriptor.digest,
    mediaType,
    artifactType,
    kind: kind ?? (artifactType === EVIDENCE_TYPE ? 'evidence' : 'other'),
    size,
    annotations: { ...annotations },
    predicateType: annotations[Annotations.bundlePredicate] ?? null,
    tag,
    platform: platform === undefined ? null : formatPlatform(platform),
    signer: null,
    signingTime: null,
    ...signed.get(descriptor.digest),
    fault:
      fault === undefined ? null : fault.why === undefined ? fault.message : `${fault.message}: ${fault.why}`,
    again,
    ...listedTree(found, signed),
  }
}
