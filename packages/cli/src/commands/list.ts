import { shellQuote } from '@sealwright/core/encoding'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { printable } from '../frame/table.ts'
import { usageError } from '../frame/usage.ts'
import { filterTree, referrerTree, type Tree } from '../looking/referrer-tree.ts'
import { withSigners } from '../looking/signers.ts'
import { treeLines } from '../looking/tree-lines.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import { parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'
import { listingApart } from '../targets/with-signatures.ts'

interface ListFlags extends RegistryFlags {
  readonly type?: string
  readonly depth?: number
}

const TYPES = ['signature', 'attestation', 'sbom']

/** `sealwright list TARGET` */
export async function list(context: Context, [text = '']: readonly string[], given: Flags): Promise<Outcome> {
  const flags = given as ListFlags
  const { type, depth, concurrency } = flags
  const target = parseTarget(text, context.io.cwd, 'list')
  if (target.kind === 'file') {
    throw usageError(`nothing refers to a file: ${text}`, {
      why: 'referrers are of artifacts in registries, layouts and archives',
      fix: `sealwright inspect ${shellQuote(text)}`,
    })
  }
  assertUsable(context, [target], flags)
  if (type !== undefined && !TYPES.includes(type) && !type.includes('/')) {
    throw usageError(`--type: "${type}" is not a type`, {
      why: `types are ${TYPES.join(', ')} and media types`,
      fix: '--type signature',
    })
  }
  const signal = await context.deadline()
  await using open = await openTarget(context, target, flags)
  const wanted = (whole: Tree) => (type === undefined ? whole : filterTree(whole, type))
  const { subject, tree } = await context.dialogue.waiting(open.store.name, async () => {
    const found = await open.resolve(signal)
    const whole = await referrerTree(listingApart(open.store, open.signatures), found, {
      signal,
      depth,
      concurrency,
    })
    return {
      subject: found,
      tree: await withSigners(open.signatures, wanted(whole), { signal, concurrency }),
    }
  })
  const resolved = open.nameOf(subject.digest)
  const lines = treeLines(tree, context.fit)
  return {
    exitCode: 0,
    document: { reference: text, resolved, mediaType: subject.mediaType, ...tree },
    lines: [printable(resolved), ...(lines.length > 0 ? lines : ['└── nothing refers to it'])],
    resolved: [resolved],
  }
}
