import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'

describe('sealwright completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])('prints the script of %s, in JSON too', async shell => {
    const self = await program()
    const { stdout } = await self.expect(0, ['completion', shell])
    expect(stdout).toContain('__complete')
    const document = await self.json(0, ['completion', shell])
    expect(document).toMatchObject({ shell, script: stdout.trimEnd() })
  })

  it('names the shells that it knows', async () => {
    const { expect: run } = await program()
    const { stderr } = await run(2, ['completion', 'tcsh'])
    expect(stderr).toContain('the supported shells are bash, zsh, fish, powershell')
  })
})
