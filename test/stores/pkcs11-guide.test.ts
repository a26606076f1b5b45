import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { makeLayout } from '../../packages/cli/test/image.ts'
import { program } from '../../packages/cli/test/program.ts'
import { pkcs11jsAddon } from '../services/pkcs11js.ts'
import { softHsmModule } from '../services/softhsm.ts'
import { need } from '../services/tool.ts'
import { shellCalls } from '../shell-calls.ts'

const page = join(import.meta.dirname, '..', '..', 'docs', 'providers', 'pkcs11.md')

it('the page on PKCS#11 leads from nothing to a signature, as it is written', {
  timeout: 120_000,
}, async ctx => {
  need(ctx, await pkcs11jsAddon())
  const modulePath = need(ctx, await softHsmModule())
  const block = /^```sh pkcs11\n([\s\S]*?)^```$/m.exec(await readFile(page, 'utf8'))?.[1] ?? ''
  const lines = block.replaceAll('\\\n', ' ').trim().split('\n')
  expect(lines.map(line => line.split(' ')[0])).toEqual([
    'apt-get',
    'printf',
    'softhsm2-util',
    'sealwright',
    'sealwright',
    'sealwright',
  ])
  const self = await program()
  const tokens = self.path('tokens')
  await mkdir(tokens)
  await writeFile(self.path('softhsm2.conf'), `directories.tokendir = ${tokens}\nlog.level = ERROR\n`)
  // The module reads where its tokens are from the environment of its process.
  vi.stubEnv('SOFTHSM2_CONF', self.path('softhsm2.conf'))
  try {
    await makeLayout(self.path('image'), 'v1')
    // The module is where this machine has it, and the image in a layout instead of a registry.
    const here = (line: string) =>
      line
        .replace('/usr/lib/softhsm/libsofthsm2.so', modulePath)
        .replace('registry.example/app:v1', 'oci:image:v1')
    for (const line of lines.slice(1, 3))
      execFileSync('bash', ['-ec', line], { cwd: self.home, stdio: 'pipe' })
    let last = ''
    for (const line of lines.slice(3)) {
      // `--pin "$(cat pin)"` stands in none of ours: every PIN comes from the file.
      last = (await self.expect(0, shellCalls(here(line))[0]!)).stdout
    }
    expect(last).toMatch(/^signed: .*@sha256:/m)
    const { providers } = JSON.parse(await readFile(self.config, 'utf8'))
    expect(providers['@sealwright/provider-pkcs11']).toEqual({ module: modulePath })
  } finally {
    vi.unstubAllEnvs()
  }
})
