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
  return manifests.map(({ digest, kind, artifactType, tag, outcome }) => {
    const facts = [digest, kind, artifactType, tag].filter(fact => fact !== null)
    return `${WORDS[outcome].padEnd(12)}  ${printable(facts.join('  '))}`
  })
}
