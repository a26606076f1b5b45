import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonSchemas } from '../src/documents/json-schema.ts'

const folder = join(import.meta.dirname, '..', 'schemas')

describe('the published JSON Schemas', () => {
  it.each(Object.entries(jsonSchemas()))('%s is current (vitest -u writes it)', async (name, text) => {
    await expect(text).toMatchFileSnapshot(join(folder, name))
  })

  it('are those of the documents and no others', async () => {
    expect((await readdir(folder)).toSorted()).toEqual(Object.keys(jsonSchemas()).toSorted())
  })

  it('allow members that come later', () => {
    for (const text of Object.values(jsonSchemas()))
      expect(text).not.toContain('"additionalProperties": false')
  })
})
