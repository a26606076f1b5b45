import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { documents } from '../../src/program/documents.ts'

const folder = join(import.meta.dirname, '../..', 'schemas')

const BASE = 'https://github.com/sealwright/sealwright/blob/main/packages/cli/schemas'

/** The published JSON Schemas by file name. Unknown members stay allowed: changes are additive. */
function jsonSchemas(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(documents).map(([name, schema]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, {
        override: ({ jsonSchema }) => {
          if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties
        },
      })
      const published = { $schema, $id: `${BASE}/${name}.json`, title: `sealwright.${name}/1`, ...rest }
      return [`${name}.json`, `${JSON.stringify(published, undefined, 2)}\n`]
    }),
  )
}

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
