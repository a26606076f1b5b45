import { relative } from 'node:path'
import { analyse } from 'scslre'
import { describe, expect, it } from 'vitest'
import { nodes, packages, root, sources } from './workspace.ts'

const OWN = 'an argument, a setting or a file of whoever runs the program'
const HEADER = 'a header, of which Node reads 16 KiB'
const FIELD = "a field of a token's, of 64 characters at most"

/**
 * Expressions whose time may grow faster than the text, and why that is harmless where they are used: on text of at most
 * 16 KiB, or on text that is the user's own.
 */
const allowed: Readonly<Record<string, string>> = {
  'packages/cli/src/nv2/program.ts /([0-9]+)([smhd])/g': OWN,
  'packages/cli/src/flags/flag.ts /<(.*)>/': 'the declaration of a flag in the sources',
  'packages/cli/src/targets/registry-login.ts /(?:\\r?\\n)+$/': OWN,
  'packages/core/src/adapter/http-trace.ts /<([^>]*)>/g': HEADER,
  'packages/oci-registry/src/credentials/credential-helper.ts /(?:\\r?\\n)+$/': OWN,
  'packages/oci-registry/src/credentials/docker-credentials.ts /\\0+$/': OWN,
  'packages/oci-registry/src/http/link.ts /<([^>]*)>((?:\\s*;\\s*[^;,="]+(?:=(?:"[^"]*"|[^;,"]*))?)*)/g': `${HEADER}; nothing follows the parameters that could fail`,
  'packages/provider-hashicorp-vault/src/settings.ts /\\/+$/': OWN,
  'packages/provider-hashicorp-vault/src/vault.ts /^\\/+|\\/+$/g': OWN,
  'packages/provider-pkcs11/src/pkcs11.ts /[\\0 ]+$/': FIELD,
  'packages/provider-pkcs11/src/reference.ts / +$/': OWN,
  'packages/provider-pkcs11/src/tokens.ts /[ \\u0000]+$/': FIELD,
}

interface Expression {
  readonly pattern: string
  readonly flags: string
}

describe('regular expressions', () => {
  it('take time that grows with the text alone, or are used on short text', () => {
    const found = packages.flatMap(sources).flatMap(file =>
      [...nodes(file)]
        .flatMap(node => (node.regex as Expression | undefined) ?? [])
        .filter(isSlow)
        .map(({ pattern, flags }) => `${relative(root, file)} /${pattern}/${flags}`),
    )
    expect([...new Set(found)].sort()).toEqual(Object.keys(allowed).sort())
  })

  it.each([
    ['a repetition within a repetition', '^(?:a+)+$'],
    ['two repetitions of the same next to each other', '^a*b?a*c'],
    ['a search that begins again at every character of a run', '/+$'],
  ])('with %s are found', (_, pattern) => {
    expect(isSlow({ pattern, flags: '' })).toBe(true)
  })
})

function isSlow({ pattern, flags }: Expression): boolean {
  return analyse({ source: pattern, flags }).reports.length > 0
}
