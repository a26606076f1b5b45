import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

/** The words of a command that is printed to be pasted, as a shell splits them. */
function wordsOf(fix: string): string[] {
  const command = fix.slice(fix.lastIndexOf('sealwright '))
  const words = [...command.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''))
  return words.slice(1)
}

describe('what verify says to do next', () => {
  it('makes a policy for files that works as it is printed', async () => {
    const self = await program()
    await self.expect(0, ['init', 'me', '--scope', 'registry.example/app'])
    await writeFile(self.path('f'), 'a release')
    await self.expect(0, ['sign', './f'])
    const { error } = await self.json(2, ['verify', './f'])
    expect(error.message).toContain('holds no trust policy for files')
    await self.expect(0, wordsOf(error.fix))
    await self.expect(0, ['verify', './f'])
  })

  it('names a statement for files where none is global', async () => {
    const self = await program()
    await self.expect(0, ['init', 'me', '--scope', 'registry.example/app'])
    const files = ['policy', 'init', '--name', 'releases', '--statement-for-files', '--trust-store', 'ca:me']
    await self.expect(0, [...files, '--trusted-identity', '*'])
    await writeFile(self.path('a b'), 'a release')
    await self.expect(0, ['sign', './a b'])
    const { targets } = await self.json(4, ['verify', './a b'])
    expect(targets[0].reason.fix).toBe("name a statement: sealwright verify --statement releases './a b'")
    await self.expect(0, wordsOf(targets[0].reason.fix))
  })

  it('names --scope for a layout, which works, and init --scope', async () => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', 'registry.example/app'])
    await self.expect(0, ['sign', 'oci:image:v1'])
    const { stderr } = await self.expect(4, ['verify', 'oci:image:v1'])
    const fix = /fix: (.*)$/m.exec(stderr)?.[1] as string
    expect(fix).toContain('sealwright init NAME --scope REPOSITORY')
    await self.expect(0, wordsOf(fix))
    const { targets } = await self.json(4, ['verify', '--scope', 'registry.example/other', 'oci:image:v1'])
    expect(targets[0].reason.fix).toContain('sealwright init NAME --scope registry.example/other')
  })

  it('names the directory of --trust in the commands that it prints', async () => {
    const self = await program()
    const within = ['--trust', self.path('elsewhere')]
    await self.expect(0, ['init', 'me', '--scope', 'registry.example/app', ...within])
    await writeFile(self.path('f'), 'a release')
    await self.expect(0, ['sign', './f'])
    const { error } = await self.json(2, ['verify', './f', ...within])
    await self.expect(0, wordsOf(error.fix))
    await self.expect(0, ['verify', './f', ...within])
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['sign', 'oci:image:v1'])
    const { targets } = await self.json(4, ['verify', 'oci:image:v1', ...within])
    await self.expect(0, wordsOf(targets[0].reason.fix))
  })

  it('does not tell to name an IPv6 address, which no policy can', async () => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', 'registry.example/app'])
    const { targets } = await self.json(4, ['verify', `[::1]:9/app@sha256:${'0'.repeat(64)}`])
    expect(targets[0].reason.fix).toMatch(/^give the host a name, .* sealwright verify --trusted-cert FILE /)
  })

  it('names the policy for artifacts before anything is asked', async () => {
    const self = await program()
    await self.expect(0, ['key', 'create', 'file:a.key', '--name', 'a'])
    const { error } = await self.json(2, ['verify', 'registry.invalid/app:v1'])
    expect(error.fix).toBe(
      'sealwright policy init --name artifacts --scope registry.invalid/app --trust-store ca:NAME --trusted-identity DN',
    )
  })

  it('has one fix for each cause of UNTRUSTED, and none adds trust', async () => {
    const self = await program()
    const { json, path } = self
    await makeLayout(path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', '*'])
    await self.expect(0, ['init', 'you', '--scope', 'registry.example/you'])
    await self.expect(0, ['sign', '-k', 'you', 'oci:image:v1'])
    const reasonOf = async (...args: string[]) =>
      (await json(1, ['verify', ...args, 'oci:image:v1'])).targets[0].reason
    const root = await reasonOf()
    expect(root).toMatchObject({ code: 'UNTRUSTED', why: expect.stringMatching(/^root sha256:/) })
    expect(root.fix).toContain("compare the root's fingerprint")
    const key = await reasonOf('-k', 'me')
    expect(key.why).toMatch(/^signed by another key: sha256:[0-9a-f]{64}, not sha256:[0-9a-f]{64}$/)
    expect(key.fix).toMatch(/^check that the right key was given/)
    const trusted = ['--trusted-cert', 'config/keys/you.crt', '--trusted-identity', 'C=DE,ST=Hessen,O=Acme']
    const identity = await reasonOf(...trusted)
    expect(identity.why).toContain('the subject is not among the trusted identities')
    expect(identity.fix).toContain('CN=you,O=you,ST=Unknown,C=ZZ')
    for (const { fix } of [root, key, identity]) expect(fix).not.toMatch(/cert add|policy (init|edit)/)
  })
})

describe('how verify shows a target', () => {
  it('one line for a foreign signature; the checks with -v or --all; nothing three times', async () => {
    const self = await program()
    const { expect: run, path } = self
    await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me', '--scope', '*'])
    await run(0, ['init', 'you', '--scope', 'registry.example/you'])
    await run(0, ['sign', '-k', 'you', 'oci:image:v1'])
    const refused = (await run(1, ['verify', 'oci:image:v1'])).stderr
    expect(refused.match(/root sha256:/g)).toHaveLength(1)
    expect(refused.match(/^ {2}signature .*CN=you/gm)).toHaveLength(1)
    expect(refused).not.toContain('check ')
    await run(0, ['sign', '-k', 'me', 'oci:image:v1'])
    const verified = (await run(0, ['verify', 'oci:image:v1'])).stdout
    expect(verified).toMatch(/^verified: /)
    expect(verified).not.toContain('check ')
    const all = (await run(0, ['verify', '--all', 'oci:image:v1'])).stdout
    expect(all).toMatch(/check {4}authenticity {8}failed {9}root sha256:/)
    expect(all).toMatch(/check {4}integrity {11}passed/)
    expect(all.match(/root sha256:/g)).toHaveLength(1)
  })

  it('paints a failed check and a warning', async () => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', '*'])
    await self.expect(0, ['init', 'you', '--scope', 'registry.example/you'])
    await self.expect(0, ['sign', '-k', 'you', 'oci:image:v1'])
    const { stderr } = await self.expect(1, ['verify', '--all', '--color', 'always', 'oci:image:v1'])
    expect(stderr).toContain('\u001B[31mfailed')
    const later = { now: new Date(Date.now() + 400 * 86_400_000) }
    await self.expect(0, ['policy', 'import', '-'], {
      stdin: JSON.stringify({
        version: '1.0',
        trustPolicies: [
          {
            name: 'all',
            registryScopes: ['*'],
            signatureVerification: { level: 'permissive' },
            trustStores: ['ca:you'],
            trustedIdentities: ['*'],
          },
        ],
      }),
    })
    const { stdout } = await self.expect(0, ['verify', '--color', 'always', 'oci:image:v1'], later)
    expect(stdout).toContain('\u001B[33mlogged')
  })
})

describe('verify --at', () => {
  it('takes a date for its midnight in UTC', async () => {
    const self = await program()
    await makeLayout(self.path('image'), 'v1')
    await self.expect(0, ['init', 'me', '--scope', '*'])
    await self.expect(0, ['sign', 'oci:image:v1'])
    const { targets } = await self.json(1, ['verify', '--at', '2035-01-01', 'oci:image:v1'])
    expect(targets[0]).toMatchObject({ at: '2035-01-01T00:00:00Z', reason: { code: 'EXPIRED' } })
    const early = (await self.json(1, ['verify', '--at', '2020-01-01', 'oci:image:v1'])).targets[0].reason
    expect(early.why).toContain('was not valid yet')
    expect(early.fix).toContain('clock')
    await self.json(2, ['verify', '--at', '2035-02-30', 'oci:image:v1'])
  })
})
