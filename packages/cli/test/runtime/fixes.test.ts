import { SealwrightError } from '@sealwright/core'
import { expect, it } from 'vitest'
import { fixOf, fixOfReason, ownFixOf } from '../../src/runtime/fixes.ts'

const error = (remedy: SealwrightError['remedy'], fix = 'do it') =>
  new SealwrightError('VALIDATION', 'it failed', { fix, remedy })

it('adds the command or option of a remedy to the words of the library', () => {
  const host = 'registry.example'
  const artifact = `${host}/app@sha256:0`
  expect(fixOf(error({ step: 'usePlainHttp', host }))).toBe('do it: --plain-http registry.example')
  expect(fixOf(error({ step: 'useHttps', host }))).toMatch(
    /^do it: leave --plain-http out.* for registry\.example$/,
  )
  expect(fixOf(error({ step: 'trustAuthority', host }))).toMatch(/^do it: --ca-file FILE/)
  expect(fixOf(error({ step: 'repairFallbackIndex', artifact }))).toBe(
    'do it: sealwright doctor registry.example/app@sha256:0 --fix',
  )
  expect(fixOf(error({ step: 'useFallbackIndex' }))).toBe('do it: --referrers tag')
  expect(fixOf(error({ step: 'createPolicy', kind: 'oci' }))).toContain(
    'policy init --name NAME --scope REPOSITORY ',
  )
  expect(fixOf(error({ step: 'createPolicy', kind: 'blob' }))).toContain(' --statement-for-files --global ')
  expect(fixOf(error({ step: 'checkPolicy' }))).toBe('do it; `sealwright policy check` lists every fault')
  expect(fixOf(error({ step: 'showCertificates' }))).toBe('do it; `sealwright cert show` names each rule')
  expect(fixOf(error({ step: 'giveCertificates' }))).toBe('do it: --cert-chain FILE')
  expect(fixOf(error({ step: 'allowOthersToRead' }))).toBe('do it, or give --allow-readable-key')
})

it('quotes what it puts into a command', () => {
  const remedy = { step: 'rotateKey', key: 'a key', reference: "file:it's.key" } as const
  expect(fixOf(error(remedy))).toBe(`do it: sealwright key rotate 'a key' --to 'file:it'\\''s.key'`)
})

it('goes by the code where the error says nothing', () => {
  const silent = new SealwrightError('THROTTLED', 'too much')
  expect(ownFixOf(silent)).toBeUndefined()
  expect(fixOf(silent)).toBe('try again later')
  expect(fixOfReason({ code: 'UNSIGNED' })).toContain('ask the publisher')
  expect(fixOfReason({ code: 'UNSIGNED', fix: 'this' })).toBe('this')
})
