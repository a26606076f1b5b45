import type { ReferrerDocument } from '../documents/judging.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { printable } from '../frame/table.ts'
import { usageError } from '../frame/usage.ts'
import { filterTree, referrerTree } from '../looking/referrer-tree.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import { parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface ListFlags extends RegistryFlags {
  readonly type?: string
  readonly depth?: number
}

const TYPES = ['signature', 'attestation', 'sbom']

/** `sealwright list TARGET` */
export async function list(context: Context, [text = '']: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as ListFlags
  const target = parseTarget(text, context.io.cwd, 'list')
  if (target.kind === 'file') {
    throw usageError(`nothing refers to a file: ${text}`, {
      why: 'referrers are of artifacts in registries, layouts and archives',
      fix: `sealwright inspect ${text}`,
    })
  }
  assertUsable(context, [target], flags)
  if (flags.type !== undefined && !TYPES.includes(flags.type) && !flags.type.includes('/')) {
    throw usageError(`--type: "${flags.type}" is no type`, {
      why: `types are ${TYPES.join(', ')} and media types`,
      fix: '--type signature',
    })
  }
  const signal = await context.deadline()
  await using open = await openTarget(context, target, flags)
  const { subject, whole } = await context.dialogue.waiting(open.store.name, async () => {
    const found = await open.resolve(signal)
    return { subject: found, whole: await referrerTree(open.store, found, { signal, depth: flags.depth }) }
  })
  const referrers = flags.type === undefined ? whole : filterTree(whole, flags.type)
  const resolved = open.nameOf(subject.digest)
  return {
    exitCode: 0,
    document: { reference: text, resolved, mediaType: subject.mediaType, referrers },
    lines: [
      printable(resolved),
      ...(referrers.length > 0 ? treeLines(referrers, '') : ['└── nothing refers to it']),
    ],
    resolved: [resolved],
  }
}

function treeLines(nodes: readonly ReferrerDocument[], indent: string): string[] {
  return nodes.flatMap((node, index) => {
    const last = index === nodes.length - 1
    const created = node.annotations['org.opencontainers.image.created']
    const facts = [node.digest, node.kind, node.artifactType ?? node.mediaType, ...(created ? [created] : [])]
    return [
      `${indent}${last ? '└──' : '├──'} ${printable(facts.join('  '))}`,
      ...treeLines(node.referrers, `${indent}${last ? '    ' : '│   '}`),
    ]
  })
}
