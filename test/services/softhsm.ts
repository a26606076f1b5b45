import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianFile } from './debian.ts'
import { pkcs11jsAddon } from './pkcs11js.ts'
import { succeed } from './run.ts'
import { scratch } from './scratch.ts'
import { need, type Skips, type Tool } from './tool.ts'

/** A token of a module that tests load into their own process. */
export interface TestToken {
  readonly modulePath: string
  readonly label: string
  readonly pin: string
  readonly libraryParameters?: string
}

/** SoftHSM 2, Debian's: PKCS#11 2.40; RSA, EC with secp256k1, Ed25519. */
export function softHsmModule(): Promise<Tool> {
  return debianFile({
    packages: ['softhsm2'],
    paths: [
      '/usr/lib/softhsm/libsofthsm2.so',
      '/usr/lib64/pkcs11/libsofthsm2.so',
      '/opt/homebrew/lib/softhsm/libsofthsm2.so',
      '/usr/local/lib/softhsm/libsofthsm2.so',
    ],
  })
}

/** OpenSC's pkcs11-tool: another program that uses tokens. */
export function pkcs11Tool(): Promise<Tool> {
  return debianFile({
    packages: ['opensc'],
    paths: ['/usr/bin/pkcs11-tool', '/opt/homebrew/bin/pkcs11-tool'],
  })
}

/**
 * A fresh token. The module reads where its tokens are from the environment of this process, which is changed: one set of
 * tokens a process.
 */
export async function softHsmToken(context: Skips): Promise<TestToken> {
  need(context, await pkcs11jsAddon())
  const modulePath = need(context, await softHsmModule())
  const directory = await scratch('softhsm')
  const tokens = join(directory, 'tokens')
  await mkdir(tokens)
  const configuration = join(directory, 'softhsm2.conf')
  const lines = [`directories.tokendir = ${tokens}`, 'objectstore.backend = file', 'log.level = ERROR', '']
  await writeFile(configuration, lines.join('\n'))
  process.env.SOFTHSM2_CONF = configuration
  const label = 'Sealwright Test'
  const pin = 'softhsm-pin-1234'
  const names = ['--label', label, '--so-pin', 'softhsm-so-5678', '--pin', pin]
  await succeed('softhsm2-util', ['--init-token', '--free', ...names])
  return { modulePath, label, pin }
}
