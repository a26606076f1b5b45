import { z } from 'zod'
import { documents } from './index.ts'

const BASE = 'https://github.com/sealwright/sealwright/blob/main/packages/cli/schemas'

/** The published JSON Schemas by file name. Unknown members stay allowed: changes are additive. */
export function jsonSchemas(): Readonly<Record<string, string>> {
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
