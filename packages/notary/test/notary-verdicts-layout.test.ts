import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { type ArtifactStore, layoutDirectory } from '@sealwright/oci'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, findSignatures, type Report, trustDirectory } from '../src/index.ts'
import { disagreement } from './deliberate-differences.ts'
import { casesOf, needVectors, verdicts } from './vectors.ts'

describe('notary-verdicts, image layouts', () => {
  needVectors()

  let copies: string
  beforeAll(async () => {
    copies = await mkdtemp(join(tmpdir(), 'sealwright-layouts-'))
  })
  afterAll(() => rm(copies, { recursive: true, force: true }))

  it.each(casesOf('layout').map(found => [found.id, found] as const))(
    '%s is judged as by the reference',
    async (id, found) => {
      const { reference, scope, maxSignatures } = found.params as {
        reference: string
        scope: string
        maxSignatures: number
      }
      const path = join(copies, id)
      await cp(join(verdicts, found.files.layout!), path, { recursive: true })
      const artifacts = layoutDirectory(path)
      const verifier = await createVerifier({
        trust: await trustDirectory(join(verdicts, found.files.config!)),
      })
      const report = await orRefused(() =>
        verifier.verify({ artifacts, reference, scope }, { maxSignatures }),
      )
      expect(disagreement(found, report?.verdict === 'verified'), report?.reason?.why).toBeUndefined()
      const { digest, signatures } = (found.expected.result ?? {}) as {
        digest?: string
        signatures?: string[]
      }
      if (digest === undefined) return
      expect((await artifacts.resolve(reference)).digest).toBe(digest)
      expect((await listed(artifacts, reference)).toSorted()).toEqual(signatures!.toSorted())
    },
  )
})

async function orRefused(run: () => Promise<Report>): Promise<Report | undefined> {
  try {
    return await run()
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return undefined
  }
}

async function listed(store: ArtifactStore, reference: string): Promise<string[]> {
  const digests: string[] = []
  for await (const { manifest } of findSignatures(store, await store.resolve(reference)))
    digests.push(manifest.digest)
  return digests
}
