import type { Descriptor, Moved } from '@sealwright/oci'
import { failureOf } from '../../runtime/failure.ts'
import { failureLines, printable, type Style } from '../../runtime/text.ts'
import type { ContentDocument, CopyDocument } from './document.ts'

/** What a copy came to, for stdout. */
export function reportLines({ dryRun, to, copied, skipped, mounted }: CopyDocument, style: Style): string[] {
  const headline = style('green', dryRun ? 'would copy' : copied.length > 0 ? 'copied' : 'unchanged')
  const counts = [
    `${dryRun ? 'to move' : 'moved'} ${counted(copied)}`,
    `there ${counted(skipped)}`,
    ...(mounted.length > 0 ? [`mounted ${counted(mounted)}`] : []),
  ]
  return [
    `${headline}: ${printable(to.resolved ?? to.reference)}`,
    ...(to.tags.length === 0 ? [] : [`  tag: ${printable(to.tags.join(', '))}`]),
    ...(to.signaturesIn === undefined ? [] : [`  signatures: ${printable(to.signaturesIn)}`]),
    `  ${counts.join(', ')}`,
  ]
}

/** What had to stay behind, for stderr. */
export function leftLines({ left }: CopyDocument, style: Style): string[] {
  return left.flatMap(({ digest, mediaType, place, error }) => {
    const { code, message, why, fix, requestId } = error
    const what = `${digest} (${mediaType})`
    const reason = why === null ? message : `${message}: ${why}`
    return failureLines(
      'left behind',
      { code, message: place === undefined ? what : `${what}, for ${place}`, why: reason, fix, requestId },
      style,
    )
  })
}

function counted(contents: readonly ContentDocument[]): string {
  return `${contents.length} (${amount(contents.reduce((sum, { size }) => sum + size, 0))})`
}

type MovedDocument = Pick<CopyDocument, 'copied' | 'skipped' | 'mounted' | 'left'>

/** Describes what a copy wrote to one store, which is named if it is not the destination. */
export function movedTo(
  place: string | undefined,
  { copied, skipped, mounted, left }: Moved = { copied: [], skipped: [], mounted: [], left: [] },
): MovedDocument {
  const contentOf = ({ mediaType, digest, size }: Descriptor): ContentDocument => ({
    mediaType,
    digest,
    size,
    place,
  })
  return {
    copied: copied.map(contentOf),
    skipped: skipped.map(contentOf),
    mounted: mounted.map(contentOf),
    left: left.map(({ descriptor, why }) => ({
      ...contentOf(descriptor),
      error: failureOf(why),
    })),
  }
}

export function joined(one: MovedDocument, other: MovedDocument): MovedDocument {
  return {
    copied: [...one.copied, ...other.copied],
    skipped: [...one.skipped, ...other.skipped],
    mounted: [...one.mounted, ...other.mounted],
    left: [...one.left, ...other.left],
  }
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** Bytes for people: `512 B`, `10.0 MiB`. */
export function amount(bytes: number): string {
  if (bytes < 1023.5) return `${Math.round(bytes)} B`
  let value = bytes / 1024
  let unit = 0
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}

/** A time that is left: `4 s`, `3 min 20 s`, `2 h 05 min`. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}
