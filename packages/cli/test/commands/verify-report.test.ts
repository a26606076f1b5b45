import { execFileSync } from 'node:child_process'
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
