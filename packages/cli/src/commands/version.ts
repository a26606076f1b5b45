import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { VERSION } from '../frame/version.ts'

/** `sealwright version` */
export async function version(_context: Context): Promise<Outcome> {
  const document = { version: VERSION, node: process.versions.node, openssl: process.versions.openssl }
  return {
    exitCode: 0,
    document,
    lines: [`sealwright ${document.version}`, `node ${document.node}`, `openssl ${document.openssl}`],
  }
}
