import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

const SCOPE = ['--scope', 'registry.example/app']

/** A signed image and one that is not, under a policy. */
async function home(): Promise<Program> {
  const self = await program()
  await makeLayout(self.path('image'), 'v1', 'v2')
  await self.expect(0, ['init', 'me', ...SCOPE])
  await self.expect(0, ['sign', 'oci:image:v1'])
  return self
}

describe('verify --report', () => {
  it('writes one page on all targets, and prints what it prints without it', async () => {
    const self = await home()
    const words = ['verify', ...SCOPE, 'oci:image:v1', 'oci:image:v2']
    const plain = await self.expect(1, words)
    const { stdout, stderr } = await self.expect(1, [...words, '--report', 'report.html'])
    expect({ stdout, stderr }).toEqual({ stdout: plain.stdout, stderr: plain.stderr })
    const page = await readFile(self.path('report.html'), 'utf8')
    expect(page).toContain('<title>Verification report: 1 verified, 1 not verified</title>')
    expect(page).toContain('UNSIGNED')
    const { targets, report } = await self.json(1, [...words, '--report', 'report.html'])
    expect(report).toEqual({ file: 'report.html', error: null })
    for (const { resolved } of targets) expect(page).toContain(resolved)
    expect((await stat(self.path('report.html'))).mode & 0o777).toBe(0o644)
    expect((await readdir(self.home)).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('reports on a target that is denied, and on one that nothing is known of', async () => {
    const self = await home()
    const page = () => readFile(self.path('report.html'), 'utf8')
    const words = ['verify', '--report', 'report.html']
    await self.expect(4, [...words, '--scope', 'registry.example/other', 'oci:image:v1'])
    expect(await page()).toContain('<title>Verification report: 1 denied</title>')
    expect(await page()).toContain('NO_STATEMENT')
    await self.expect(2, [...words, ...SCOPE, 'oci:image:v1', 'oci:nowhere:v1'])
    expect(await page()).toContain('<title>Verification report: 1 verified, 1 unknown</title>')
    expect(await page()).toContain('nowhere')
  })

  it.skipIf(process.platform === 'win32').each([
    ['a directory', (path: string) => mkdir(path)],
    ['a named pipe', async (path: string) => void execFileSync('mkfifo', [path])],
    ['a device', (path: string) => symlink('/dev/null', path)],
  ])('is refused where %s is, and hides no verdict', async (kind, make) => {
    const self = await home()
    await make(self.path('report.html'))
    for (const [target, code] of [
      ['oci:image:v1', 2],
      ['oci:image:v2', 1],
    ] as const) {
      const words = ['verify', ...SCOPE, '--report', 'report.html', target]
      const { stdout, stderr } = await self.expect(code, words)
      expect(stdout + stderr).toMatch(code === 2 ? /^verified: /m : /^not verified\[UNSIGNED\]/m)
      expect(stderr).toMatch(/(?:report\.html|\/dev\/null) is not a regular file/)
      expect(stderr).toContain(`it is a ${kind.replace(/^a /, '')}`)
      const { report, error } = await self.json(code, words)
      expect(report.error.code).toBe('VALIDATION')
      expect(error?.code).toBe(code === 2 ? 'VALIDATION' : undefined)
    }
  })

  it('replaces an older report whole', async () => {
    const self = await home()
    await writeFile(self.path('report.html'), 'x'.repeat(1_000_000))
    await self.expect(0, ['verify', ...SCOPE, '--report', 'report.html', 'oci:image:v1'])
    const page = await readFile(self.path('report.html'), 'utf8')
    expect(page).toMatch(/^<!DOCTYPE html>.*<\/html>\n$/s)
  })

  it('does not go to stdout', async () => {
    const self = await home()
    const { stderr } = await self.expect(2, ['verify', ...SCOPE, '--report', '-', 'oci:image:v1'])
    expect(stderr).toContain('--report - is not possible')
  })
})

describe('under a policy of Sealwright', () => {
  /** The vendor, one of two reviewers, and a provenance by the first of them; v1 has all, v2 the vendor alone. */
  async function reviewed(): Promise<Program> {
    const self = await program()
    await makeLayout(self.path('image'), 'v1', 'v2')
    await self.expect(0, ['init', 'vendor', ...SCOPE])
    await mkdir(self.path('notation', 'keys'))
    for (const name of ['alice', 'bob']) {
      const key = ['key', 'create', `file:config/keys/${name}.key`, '--name', name, '--algorithm', 'ES256']
      await self.expect(0, key)
      const subject = ['--subject', `C=DE,ST=Hessen,O=Acme,CN=${name}`]
      await self.expect(0, ['cert', 'issue', name, ...subject, '--out', `${name}.crt`])
      const { stdout } = await self.expect(0, ['key', 'show', name, '--public'])
      await writeFile(self.path('notation', 'keys', `${name}.pem`), stdout)
    }
    const policy = {
      version: 'sealwright/1',
      signers: {
        vendor: { certificates: { stores: ['ca:vendor'], identities: ['*'] } },
        alice: { keyFile: 'keys/alice.pem' },
        bob: { keyFile: 'keys/bob.pem' },
      },
      statements: [
        {
          name: 'production',
          scopes: ['registry.example/app'],
          require: {
            all: [
              { signer: 'vendor' },
              { atLeast: 1, of: [{ signer: 'alice' }, { signer: 'bob' }] },
              { attestation: 'slsa', by: ['alice'] },
            ],
          },
        },
      ],
    }
    await writeFile(self.path('notation', 'trustpolicy.sealwright.json'), JSON.stringify(policy))
    await self.expect(0, ['sign', '-k', 'vendor', 'oci:image:v1', 'oci:image:v2'])
    await self.expect(0, ['sign', '-k', 'alice', '--cert-chain', 'alice.crt', 'oci:image:v1'])
    await writeFile(self.path('predicate.json'), '{"buildDefinition":{},"runDetails":{}}')
    const slsa = ['--type', 'slsa', '--predicate', 'predicate.json']
    await self.expect(0, ['attest', '-k', 'alice', ...slsa, 'oci:image:v1'])
    return self
  }

  it('shows the same tree as text, as JSON and as a page, of what is verified, denied and unknown', async () => {
    const self = await reviewed()
    const page = async () =>
      (await readFile(self.path('r.html'), 'utf8')).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
    const words = ['verify', ...SCOPE, '--report', 'r.html']

    const good = await self.expect(0, [...words, 'oci:image:v1'])
    expect(good.stdout).toMatch(
      /requires {3}met {6}all of 3\n +met {6}vendor {2}sha256:[0-9a-f]{12}\n +met {6}1 of 2\n +met {6}alice {2}sha256:[0-9a-f]{12}\n +missing {2}bob {2}no signature\n +met {6}attestation https:\/\/slsa.dev\/provenance\/v1 by alice/,
    )
    expect(await page()).toMatch(/met all of 3 met vendor sha256:[0-9a-f]{64} met 1 of 2 met alice/)

    const denied = await self.expect(4, [...words, 'oci:image:v2'])
    expect(denied.stderr).toMatch(/^denied\[REQUIREMENT\]: .*\n {2}why: .*1 of 2: missing one of alice, bob/m)
    expect(denied.stderr).toMatch(/requires {3}missing {2}all of 3/)
    expect(await page()).toMatch(
      /missing all of 3 met vendor sha256:[0-9a-f]{64} missing 1 of 2 missing alice/,
    )
    const { targets } = await self.json(4, [...words, 'oci:image:v2'])
    expect(targets[0].requirement).toMatchObject({
      kind: 'all',
      state: 'unmet',
      of: [{ state: 'met' }, {}, {}],
    })
    expect(targets[0].missing.map(({ path }: { path: number[] }) => path)).toEqual([
      [1, expect.any(Number)],
      [2],
    ])

    const unknown = await self.expect(3, [...words, '--max-signatures', '1', 'oci:image:v1'])
    expect(unknown.stderr).toMatch(/requires {3}unknown {2}all of 3/)
    expect(await page()).toMatch(/unknown all of 3/)
  })

  it('signs its verdict with the digest of its policy', async () => {
    const self = await reviewed()
    const words = ['verify', ...SCOPE, '--report-key', 'bob', '--report-bundle', 'vsa.json']
    const predicate = async () => {
      const { dsseEnvelope } = JSON.parse(await readFile(self.path('vsa.json'), 'utf8'))
      return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString()).predicate
    }
    const { targets } = await self.json(0, [...words, 'oci:image:v1'])
    const policy = await readFile(self.path('notation', 'trustpolicy.sealwright.json'))
    const [{ signatures, attestations }] = targets
    expect(await predicate()).toMatchObject({
      verificationResult: 'PASSED',
      policy: {
        name: 'trustpolicy.sealwright.json',
        digest: { sha256: createHash('sha256').update(policy).digest('hex') },
        annotations: { statement: 'production' },
      },
      inputAttestations: [...signatures, ...attestations.judged].map(({ digest }: { digest: string }) => ({
        digest: { sha256: digest.slice('sha256:'.length) },
      })),
    })
    await self.expect(4, [...words, 'oci:image:v2'])
    expect((await predicate()).verificationResult).toBe('FAILED')
    await writeFile(self.path('vsa.json'), 'untouched')
    const { stderr } = await self.expect(3, [...words, '--max-signatures', '1', 'oci:image:v1'])
    expect(stderr).toContain('no summary of oci:image:v1 was signed: its verdict is unknown')
    expect(await readFile(self.path('vsa.json'), 'utf8')).toBe('untouched')
  })
})
