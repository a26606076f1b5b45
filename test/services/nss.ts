import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianFile } from './debian.ts'
import { pkcs11jsAddon } from './pkcs11js.ts'
import { succeed } from './run.ts'
import { scratch } from './scratch.ts'
import type { TestToken } from './softhsm.ts'
import { need, type Skips, type Tool } from './tool.ts'

/** NSS softoken, Debian's: PKCS#11 3.0; RSA and EC. */
export function nssModule(): Promise<Tool> {
  return debianFile({
    packages: ['libnss3'],
    paths: [
      '/usr/lib/x86_64-linux-gnu/libsoftokn3.so',
      '/usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so',
      '/usr/lib/aarch64-linux-gnu/libsoftokn3.so',
      '/usr/lib64/libsoftokn3.so',
    ],
  })
}

/** A fresh database of NSS softoken: a second module, with two slots and parameters of its own. */
export async function nssToken(context: Skips): Promise<TestToken> {
  need(context, await pkcs11jsAddon())
  const certutil = need(
    context,
    await debianFile({ packages: ['libnss3-tools', 'libnss3'], paths: ['/usr/bin/certutil'] }),
  )
  const modulePath = need(context, await nssModule())
  const directory = await scratch('nss')
  const pin = 'nss-pin-123456'
  const passwords = join(directory, 'password')
  await writeFile(passwords, `${pin}\n`, { mode: 0o600 })
  await succeed(certutil, ['-N', '-d', `sql:${directory}`, '-f', passwords])
  const libraryParameters = `configdir='sql:${directory}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=`
  return { modulePath, label: 'NSS Certificate DB', pin, libraryParameters }
}
