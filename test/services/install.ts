import { chromiumProgram } from './chromium.ts'
import * as linters from './linters.ts'
import { localstackProgram } from './localstack.ts'
import { ministackProgram } from './ministack.ts'
import { nssModule } from './nss.ts'
import { openbaoProgram } from './openbao.ts'
import * as peers from './peers.ts'
import { pkcs11jsAddon } from './pkcs11js.ts'
import { fishShell, zshShell } from './shells.ts'
import { pkcs11Tool, softHsmModule } from './softhsm.ts'

const stores = {
  localstackProgram,
  ministackProgram,
  openbaoProgram,
  softHsmModule,
  nssModule,
  pkcs11Tool,
  pkcs11jsAddon,
}

/** Installs every peer and server into the cache, one after another, so that no test waits for a compiler or a download. */
for (const [name, tool] of Object.entries({
  ...peers,
  ...stores,
  ...linters,
  zshShell,
  fishShell,
  chromiumProgram,
})) {
  const began = performance.now()
  const found = await tool()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${name}: ${'path' in found ? `${found.path} (${seconds} s)` : found.missing}`)
}
