import { certificateLines } from '../certificates/describe.ts'
import type { InspectedSignature } from '../documents/inspecting.ts'
import { printable } from '../frame/table.ts'

/** No fact is longer on a terminal; the document has the whole. */
const MAX_VALUE = 400
const MAX_SUBJECTS = 8
/** A chain has no more; what anybody puts next to a signature may. */
const MAX_CERTIFICATES = 8

/** What was found, as text. */
export function inspectedLines(found: InspectedSignature): string[] {
  const { target, certificates, fault, tag, format, version, mediaType } = found
  const name = format === null ? mediaType : `${format}${version === null ? '' : ` ${version}`}`
  const head = `  ${found.kind.padEnd(11)}  ${found.digest}  ${printable(name)}`
  if (fault !== null) return [head, `    cannot be read: ${printable(fault)}`]
  const facts: (readonly [string, string | null])[] = [
    ['tag', tag],
    ['algorithm', found.algorithm],
    ['signs', target ? `${target.digest}  ${target.mediaType}  ${target.size} bytes` : found.signs],
    ['references', joined(found.references)],
    ['payload', found.payloadType],
    ...statementFacts(found.statement),
    ['of', found.bom?.name ?? null],
    ['parts', found.bom?.parts === null || found.bom === null ? null : String(found.bom.parts)],
    ['scheme', found.scheme],
    ['signed', found.signingTime],
    ['expires', found.expiry],
    ['metadata', joined(Object.entries(found.metadata).map(([key, value]) => `${key}=${value}`))],
    ['extended', joined(found.extended.map(({ key, critical }) => `${key}${critical ? ' (critical)' : ''}`))],
    ['agent', found.signingAgent],
    ['keys', joined(found.keys)],
    ['timestamps', found.timestamps > 0 ? String(found.timestamps) : null],
    ['log entries', found.logEntries > 0 ? String(found.logEntries) : null],
  ]
  return [
    head,
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`    ${label.padEnd(11)}${shown(value)}`])),
    ...certificates
      .slice(0, MAX_CERTIFICATES)
      .flatMap((certificate, index) => [
        `    certificate ${index + 1}`,
        ...certificateLines(certificate, '      ').map(shown),
      ]),
    ...(certificates.length > MAX_CERTIFICATES
      ? [`    certificates and ${certificates.length - MAX_CERTIFICATES} more`]
      : []),
  ]
}

function statementFacts(statement: InspectedSignature['statement']): (readonly [string, string | null])[] {
  if (statement === null) return []
  const { predicateType, subjects, summary } = statement
  const named = subjects.slice(0, MAX_SUBJECTS).map(({ name, digest }): readonly [string, string] => {
    const digests = Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`)
    return ['subject', [...digests, ...(name ? [name] : [])].join('  ')]
  })
  const more = subjects.length - named.length
  return [
    ['attests', predicateType],
    ...named,
    ['subjects', more > 0 ? `and ${more} more` : null],
    ...Object.entries(summary),
  ]
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join(', ')
}

function shown(value: string): string {
  return printable(value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value)
}
