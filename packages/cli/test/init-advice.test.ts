import { copyFile, readFile } from 'node:fs/promises'
import { SealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { shellCalls } from '../../../test/shell-calls.ts'
import { advised } from '../src/keys/advice.ts'
import { makeLayout } from './image.ts'
import { program } from './program.ts'

const SCOPE = 'registry.example/app'

describe('init tells', () => {
  it('until when signatures verify, and the commands that it prints renew the certificate', async () => {
    const self = await program()
    const { json, expect: run, path } = self
    const now = new Date()
    const made = await json(0, ['init', 'me', '--scope', SCOPE], { now })
    expect(made.renew.before).toBe(made.certificate.notAfter)
    expect((await run(0, ['init', 'me', '--scope', SCOPE])).stdout).toContain(
      `signatures verify until ${made.renew.before}; before that, renew the certificate`,
    )
    const later = new Date(now.getTime() + 340 * 86_400_000)
    for (const command of made.renew.commands) await run(0, shellCalls(command)[0]!, { now: later })
    await makeLayout(path('image'), 'v1')
    await run(0, ['sign', 'oci:image:v1'], { now: later })
    // Renewed for as long as it was made for.
    const after = new Date(later.getTime() + 360 * 86_400_000)
    await run(0, ['verify', '--scope', SCOPE, 'oci:image:v1'], { now: after })
  })

  it('what to give to a friend, who verifies by the commands that it prints', async () => {
    const me = await program()
    const { share } = await me.json(0, [
      'init',
      'me',
      '--scope',
      SCOPE,
      '--subject',
      "C=DE,ST=Hessen,O=O'Acme & Co,CN=me",
    ])
    await makeLayout(me.path('image'), 'v1')
    await me.expect(0, ['sign', 'oci:image:v1'])
    const friend = await program()
    await copyFile(share.certificate, friend.path('me.crt'))
    for (const command of share.commands) await friend.expect(0, shellCalls(command)[0]!)
    await friend.expect(0, ['verify', '--scope', SCOPE, `oci:${me.path('image')}:v1`])
    expect((await readFile(share.certificate, 'utf8')).startsWith('-----BEGIN CERTIFICATE')).toBe(true)
  })

  it('that the subject names nobody, unless one is given', async () => {
    const { expect: run } = await program()
    expect((await run(0, ['init', 'me', '--scope', '*'])).stderr).toContain('--subject gives your own')
    const subject = ['--subject', 'C=DE,ST=Hessen,O=Acme,CN=you']
    expect((await run(0, ['init', 'you', '--scope', 'a.example/b', ...subject])).stderr).not.toContain(
      '--subject',
    )
  })
})

describe('what is to be signed is looked for before anybody is asked for a passphrase', () => {
  it.each(['oci:nowhere:v1', './nowhere.txt', 'oci-archive:nowhere.tar'])('%s', async target => {
    const { expect: run, asked, json } = await program()
    await run(0, ['init', 'me', '--scope', '*'])
    await run(2, ['sign', target], { answers: [] })
    expect(asked).toEqual([])
    expect((await json(2, ['sign', target], { answers: [] })).targets[0].outcome).toBe('failed')
  })
})

describe('the advice about a key that a store refuses', () => {
  const asked = { label: 'my key', reference: 'awskms:///alias/a' }
  const fixOf = (error: SealwrightError, of = asked) => (advised(error, of) as SealwrightError).fix

  it('names the command that prints the policy, and adds it to what the store says', () => {
    expect(fixOf(new SealwrightError('ACCESS_DENIED', 'no'))).toBe(
      "`sealwright doctor 'my key'` prints the policy",
    )
    expect(fixOf(new SealwrightError('ACCESS_DENIED', 'no', { fix: 'ask' }))).toMatch(
      /^ask; `sealwright doctor/,
    )
  })

  it('sends nobody to a policy for a file, which has none', () => {
    expect(
      fixOf(new SealwrightError('ACCESS_DENIED', 'no'), { label: 'k', reference: 'file:/k' }),
    ).toBeUndefined()
  })

  it('does not say that a deleted key can be enabled, where the adapter knows better', () => {
    const restore = new SealwrightError('KEY_STATE', 'scheduled for deletion', { fix: 'cancel its deletion' })
    expect(fixOf(restore)).toBe('cancel its deletion')
    expect(fixOf(new SealwrightError('KEY_STATE', 'no'))).toMatch(/^enable or restore the key/)
  })
})
