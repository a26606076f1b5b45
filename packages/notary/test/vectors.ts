import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the published vectors are; tests that read them are skipped where they are absent. */
export const vectors: string =
  process.env.SEALWRIGHT_VECTORS ?? fileURLToPath(new URL('../../../../shared/vectors', import.meta.url))

export const verdicts: string = join(vectors, 'notary-verdicts')
export const haveVectors: boolean = existsSync(join(verdicts, 'cases.jsonl'))
/** For the title of what is skipped. */
export const absent: string = haveVectors ? '' : ` (skipped: no vectors at ${vectors})`

/** One line of `cases.jsonl`: what the reference libraries said of the files named. */
export interface Case {
  readonly id: string
  readonly kind: string
  readonly note: string
  readonly files: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, unknown>>
  readonly expected: {
    readonly outcome: 'accept' | 'reject'
    readonly stage?: string
    readonly reason?: string
    readonly result?: Readonly<Record<string, unknown>>
  }
}

export function casesOf(kind: string, mode?: string): readonly Case[] {
  if (!haveVectors) return []
  return readFileSync(join(verdicts, 'cases.jsonl'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({ params: {}, ...JSON.parse(line) }) as Case)
    .filter(found => found.kind === kind && (mode === undefined || found.params.mode === mode))
}

export function caseFile(of: Case, name: string): Buffer {
  return readFileSync(join(verdicts, of.files[name]!))
}
