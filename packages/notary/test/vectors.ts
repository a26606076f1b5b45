import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Where the published vectors are; tests that read them are skipped where they are absent. */
export const vectors: string = resolve(root, process.env.SEALWRIGHT_VECTORS ?? '../shared/vectors')
export const verdicts: string = join(vectors, 'notary-verdicts')
const present = existsSync(join(verdicts, 'cases.jsonl'))

/** Skips the tests of a suite where there are no vectors of this folder, and says why. */
export function needVectors(folder: string = verdicts): void {
  beforeEach(({ skip }) => skip(!existsSync(folder), `no vectors at ${folder}`))
}

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
  // A suite without tests would say nothing of what it leaves out.
  if (!present) return [ABSENT]
  return readFileSync(join(verdicts, 'cases.jsonl'), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => ({ params: {}, ...JSON.parse(line) }) as Case)
    .filter(found => found.kind === kind && (mode === undefined || found.params.mode === mode))
}

const ABSENT: Case = {
  id: 'every case',
  kind: '',
  note: '',
  files: {},
  params: {},
  expected: { outcome: 'accept' },
}

export function caseFile(of: Case, name: string): Buffer {
  return readFileSync(join(verdicts, of.files[name]!))
}
