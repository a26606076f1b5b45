import type { ContentDocument, CopyDocument } from '../documents/copying.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'
import { failureLines } from '../frame/text.ts'
import { amount } from './amount.ts'

/** What a copy came to, for stdout. */
export function reportLines({ dryRun, to, copied, skipped, mounted }: CopyDocument, paint: Paint): string[] {
  const headline = paint('green', dryRun ? 'would copy' : copied.length > 0 ? 'copied' : 'unchanged')
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
export function leftLines({ left }: CopyDocument, paint: Paint): string[] {
  return left.flatMap(({ digest, mediaType, place, error }) => {
    const { code, message, why, fix, requestId } = error
    const what = `${digest} (${mediaType})`
    const reason = why === null ? message : `${message}: ${why}`
    return failureLines(
      'left behind',
      { code, message: place === undefined ? what : `${what}, for ${place}`, why: reason, fix, requestId },
      paint,
    )
  })
}

function counted(contents: readonly ContentDocument[]): string {
  return `${contents.length} (${amount(contents.reduce((sum, { size }) => sum + size, 0))})`
}
