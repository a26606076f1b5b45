import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

describe('metadata', () => {
  it.each(['sign', 'verify'])('%s refuses a key that is given twice', async command => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', '*'])
    const { error } = await self.json(2, [command, '-m', 'build=1', '-m', 'build=2', 'oci:image:v1'])
    expect(error).toMatchObject({ code: 'VALIDATION', message: 'the metadata "build" is given twice' })
    if (command === 'sign')
      expect(
        (await self.json(0, ['sign', '-m', 'k=', 'oci:image:v1'])).targets[0].signature.metadata,
      ).toEqual({
        k: '',
      })
  })
})
