import type { KeyDocument } from '../documents/document.ts'
import { printable } from '../frame/table.ts'

/** A key as lines of text. */
export function keyLines({ reference, resolved, algorithm, fingerprint }: KeyDocument): string[] {
  return [
    `  reference   ${printable(reference)}`,
    ...(resolved === reference ? [] : [`  version     ${printable(resolved)}`]),
    `  algorithm   ${algorithm}`,
    `  public key  ${fingerprint}`,
  ]
}
