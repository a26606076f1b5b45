import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layoutDirectory } from '../src/index.ts'
import { list, SIGNATURE } from './artifacts.ts'

interface Case {
  readonly id: string
  readonly kind: string
  readonly files: { readonly layout: string }
  readonly params: { readonly reference: string }
  readonly expected: {
    readonly stage?: string
    readonly result?: { readonly digest: string; readonly signatures: string[] }
  }
}

const folder = join(
  process.env.SEALWRIGHT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors'),
  'notary-verdicts',
)
const cases: Case[] = existsSync(folder)
  ? readFileSync(join(folder, 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
      .filter(({ kind }: Case) => kind === 'layout')
  : []

/** What the reference finds in layouts, we find; what it cannot read, we do not count. */
describe('layouts with the verdict of notation-go', () => {
  test('are there', ({ skip }) => {
    skip(!existsSync(folder), `no vectors at ${folder} (SEALWRIGHT_VECTORS)`)
    expect(cases.length).toBeGreaterThan(0)
  })

  test.each(cases.map(each => [each.id, each] as const))('%s', async (_, { files, params, expected }) => {
    const warnings: string[] = []
    const store = layoutDirectory(join(folder, files.layout), { onWarning: text => warnings.push(text) })
    const find = async () => {
      const image = await store.resolve(params.reference)
      const signatures = await list(store.referrers(image, { artifactType: SIGNATURE }))
      return { digest: image.digest, signatures: signatures.map(({ digest }) => digest).sort() }
    }
    // Of a signature that is damaged we tell, where the reference does not open the layout at all.
    if (files.layout.endsWith('manifest-tampered')) {
      expect((await find()).signatures).toEqual([])
      expect(warnings).toEqual([expect.stringContaining('returned other content than')])
    } else if (expected.result === undefined) {
      await expect(find()).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:INTEGRITY|NOT_FOUND)$/),
      })
    } else {
      expect(await find()).toEqual({
        ...expected.result,
        signatures: expected.result.signatures.toSorted(),
      })
    }
  })
})
