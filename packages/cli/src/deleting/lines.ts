import type { DeleteDocument, Deletion } from '../documents/registries.ts'
import { printable } from '../frame/table.ts'

const WORDS: Readonly<Record<Deletion['outcome'], string>> = {
  deleted: 'deleted',
  wouldDelete: 'would delete',
  absent: 'not there',
  kept: 'kept',
}

/** What was deleted, as text. */
export function deleteLines({ manifests, resolved }: DeleteDocument): string[] {
  if (manifests.length === 0) return [`nothing to do: ${printable(resolved)} has no signatures`]
  return manifests.map(one => `${WORDS[one.outcome].padEnd(12)}  ${deletionLine(one)}`)
}

/** One manifest: its kind, its whole digest, and what ties it to the target. */
export function deletionLine({ digest, of, kind, artifactType, tag }: Deletion): string {
  const facts = [
    ...(of === null ? [] : [kind ?? 'other']),
    digest,
    ...(artifactType === null ? [] : [artifactType]),
    ...(tag === null ? [] : [`tag ${tag}`]),
    ...(of === null ? [] : [`of ${of}`]),
  ]
  return printable(facts.join('  '))
}
